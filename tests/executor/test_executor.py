"""The executor on a real simulated cluster and a real ledger; only what it publishes is caught in a list."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.executor.executor import Executor, Publish
from agents.executor.items import Item, dead_letter
from agents.executor.ledger import Decided, Ledger
from agents.executor.targets import Found, SimulatedTarget, TargetError, open_target
from agents.executor.telemetry import Telemetry
from agents.simulated.cluster import SimulatedCluster
from engine.codec import decode_event
from engine.errors import UserError
from engine.identity import KILL_SWITCH
from engine.messages import Command, DeadLetter, Outcome, Size
from tests.executor.build import CLUSTER, LARGE, SMALL, SPEC, WEB, Received, command, freeze
from tests.executor.crash import after_crash


class Died(BaseException):
    """The process ends here."""


class World:
    """One cluster's file, a ledger, and what was published; `restart` is what a new process finds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"
        self.cluster = SimulatedCluster(folder / "cluster.sqlite")
        self.cluster.put([SPEC, replace(SPEC, workload="api")])
        self.ledger = Ledger(self.path, CLUSTER)
        self.outcomes: list[Outcome] = []
        self.letters: list[DeadLetter] = []
        self.telemetry = Telemetry()
        self.now_s = 1000.0

    async def published(self, decided: list[Decided], letters: list[DeadLetter]) -> None:
        for each in decided:
            outcome = decode_event(each.payload)
            assert isinstance(outcome, Outcome)
            self.outcomes.append(outcome)
        self.letters += letters

    def executor(self, publish: Publish | None = None, target: SimulatedTarget | None = None) -> Executor:
        return Executor(
            CLUSTER, 3, target or SimulatedTarget(self.cluster), self.ledger, publish or self.published,
            self.telemetry, lambda: self.now_s,
        )  # fmt: skip

    def handle(self, *contents: Command | DeadLetter | object, executor: Executor | None = None) -> None:
        batch = [Item(offset, content, 0.005) for offset, content in enumerate(contents)]  # type: ignore[arg-type]
        asyncio.run((executor or self.executor()).handle(batch))

    def restart(self) -> None:
        self.path = after_crash(self.path)
        self.ledger = Ledger(self.path, CLUSTER)
        asyncio.run(self.executor().recover())

    def written(self) -> list[str]:
        return [write.command_id for write in self.cluster.writes()]

    def count(self, result: str, reason: str = "") -> float:
        labels = {"result": result, "reason": reason}
        return self.telemetry.registry.get_sample_value("trimtab_executor_commands_total", labels) or 0.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_command_is_applied_and_reported(world: World) -> None:
    world.handle(command(slot=5))
    assert (world.cluster.current(WEB), world.written()) == (LARGE, ["c1"])
    assert world.outcomes == [
        Outcome(
            cluster=CLUSTER, slot=2, sent_s=0.0, container=WEB, command_id="c1", status="applied", size=LARGE,
            time_s=1000.0,
        )
    ]  # fmt: skip
    assert world.count("applied") == 1
    assert world.telemetry.registry.get_sample_value("trimtab_executor_latency_seconds_sum") == 0.005


def test_a_repeat_is_passed_over_without_a_second_outcome(world: World) -> None:
    world.handle(command())
    world.handle(command())
    assert (world.written(), len(world.outcomes), world.count("repeated", "already_handled")) == (["c1"], 1, 1)


def test_a_refusal_says_what_now_holds(world: World) -> None:
    world.handle(command(valid_until_s=999.0), command(id="c2", container="shop/default/none/app"))
    first, second = world.outcomes
    assert (first.status, first.reason, first.size) == ("refused", "expired", SMALL)
    assert (second.status, second.reason, second.size) == ("refused", "unknown_container", None)
    assert world.written() == []


def test_another_clusters_command_is_answered_in_our_own_name(world: World) -> None:
    world.handle(command(cluster="bank", container="bank/default/web/app"))
    assert (world.outcomes[0].cluster, world.outcomes[0].reason) == (CLUSTER, "other_cluster")
    assert world.cluster.current(WEB) == SMALL


def test_a_freeze_holds_over_a_restart_until_it_is_lifted(world: World) -> None:
    world.ledger.freeze(freeze("default/web"), -1)
    world.restart()
    api = command(id="c2", container="shop/default/api/app")
    world.handle(command(), api)
    assert [(each.status, each.reason) for each in world.outcomes] == [("refused", "frozen"), ("applied", "")]
    world.handle(freeze("other", frozen=False), command(id="c3"))
    world.handle(freeze("default/web", frozen=False), command(id="c4"))
    assert [each.status for each in world.outcomes[2:]] == ["refused", "applied"]


def test_the_kill_switch_is_lifted_by_itself_only(world: World) -> None:
    world.ledger.freeze(freeze(KILL_SWITCH), -1)
    world.restart()
    world.handle(freeze(frozen=False), freeze("default/web", frozen=False), command())
    assert [(each.status, each.reason, each.detail) for each in world.outcomes] == [
        ("refused", "frozen", "frozen: the kill switch is on")
    ]
    world.handle(freeze(KILL_SWITCH, frozen=False), command(id="c2"))
    assert world.outcomes[-1].status == "applied"


def test_a_freeze_that_arrives_during_a_batch_stops_the_rest_of_it(world: World) -> None:
    class Freezing(SimulatedTarget):
        async def apply(self, command: Command, found: Found) -> Size:
            size = await super().apply(command, found)
            world.ledger.freeze(freeze(), 99)
            return size

    api = command(id="c2", container="shop/default/api/app")
    world.handle(command(), api, executor=world.executor(target=Freezing(world.cluster)))
    assert [(each.status, each.reason) for each in world.outcomes] == [("applied", ""), ("refused", "frozen")]


def test_dead_letters_are_published_and_block_nothing(world: World) -> None:
    world.handle(dead_letter(Received(b"?"), "malformed", "why"), command())
    assert ([each.reason for each in world.letters], world.written()) == (["malformed"], ["c1"])


# Deaths: before the write, after the write, after the decision, after the report.


def test_dead_before_the_write(world: World) -> None:
    class Dying(SimulatedTarget):
        async def apply(self, command: Command, found: Found) -> Size:
            raise Died

    with pytest.raises(Died):
        world.handle(command(), executor=world.executor(target=Dying(world.cluster)))
    world.restart()
    assert (world.written(), world.outcomes) == ([], [])
    world.handle(command())  # the broker gives it again
    assert (world.written(), [each.status for each in world.outcomes]) == (["c1"], ["applied"])


def test_dead_after_the_write(world: World) -> None:
    class Dying(SimulatedTarget):
        async def apply(self, command: Command, found: Found) -> Size:
            await super().apply(command, found)
            raise Died

    with pytest.raises(Died):
        world.handle(command(), executor=world.executor(target=Dying(world.cluster)))
    world.restart()
    assert (world.written(), [each.status for each in world.outcomes]) == (["c1"], ["applied"])
    world.handle(command())
    assert (world.written(), len(world.outcomes)) == (["c1"], 1)


def test_dead_before_the_acknowledgement(world: World) -> None:
    async def dying(decided: list[Decided], letters: list[DeadLetter]) -> None:
        await world.published(decided, letters)
        raise Died

    refused = command(id="c2", container="shop/default/none/app")
    with pytest.raises(Died):
        world.handle(command(), refused, executor=world.executor(dying))
    world.now_s = 5000.0  # later, and expired: what is sent again is still what was sent first
    world.restart()
    assert world.outcomes[:2] == world.outcomes[2:]
    world.restart()
    world.handle(command(), refused)
    assert (world.written(), len(world.outcomes)) == (["c1"], 4)


def test_dead_after_the_report(world: World) -> None:
    world.handle(command())
    world.restart()
    world.handle(command())
    assert (world.written(), len(world.outcomes)) == (["c1"], 1)


def test_a_lost_ledger_is_made_up_for_by_the_target(world: World) -> None:
    world.handle(command())
    world.ledger = Ledger(world.path.with_name("new.sqlite"), CLUSTER)
    world.handle(command())
    assert (world.written(), [each.status for each in world.outcomes]) == (["c1"], ["applied", "applied"])


# Targets that fail.


class Failing(SimulatedTarget):
    async def apply(self, command: Command, found: Found) -> Size:
        raise TargetError("the cluster said no")


class Unsure(SimulatedTarget):
    async def apply(self, command: Command, found: Found) -> Size:
        await super().apply(command, found)
        raise TargetError("no answer")


class Silent(SimulatedTarget):
    async def look(self, container: str) -> Found | None:
        raise TargetError("no answer")


@pytest.mark.parametrize(
    ("target", "status", "reason"),
    [(Failing, "failed", "target_error"), (Unsure, "applied", ""), (Silent, "failed", "target_error")],
)
def test_a_target_that_fails(world: World, target: type[SimulatedTarget], status: str, reason: str) -> None:
    world.handle(command(), executor=world.executor(target=target(world.cluster)))
    assert [(each.status, each.reason) for each in world.outcomes] == [(status, reason)]


def test_a_silent_target_at_the_start_leaves_the_command_to_the_broker(world: World) -> None:
    world.ledger.intend([(command(), None)])
    asyncio.run(world.executor(target=Silent(world.cluster)).recover())
    world.handle(command())
    assert (world.written(), len(world.outcomes)) == (["c1"], 1)


def test_targets_by_name(tmp_path: Path) -> None:
    path = tmp_path / "cluster.sqlite"
    _, clock = open_target("simulated", "replay", CLUSTER, path)
    assert clock() is None
    SimulatedCluster(path).set_clock(77.0)
    assert clock() == 77.0
    for name, kind, simulated, sentence in (
        ("kubernetes", "replay", path, "--clock replay needs --target simulated"),
        ("nomad", "wall", path, "--target nomad is unknown"),
        ("simulated", "wall", None, "needs --simulated PATH"),
    ):
        with pytest.raises(UserError, match=sentence):
            open_target(name, kind, CLUSTER, simulated)
    with pytest.raises(UserError, match="simulates cluster shop"):
        open_target("simulated", "wall", "bank", path)
