"""The text of `trimtab describe`, from facts as the topics tell them: no broker."""

from __future__ import annotations

from engine.console.describing import described
from engine.console.facts import Facts
from engine.console.terms import Terms
from engine.identity import KILL_SWITCH
from engine.messages import Aggregate, ContainerSpec, Outcome, ResourceHours, Roster, Size
from engine.units import GIB
from tests.console.made import NOW, decision, judgement

T = 1_000_000_800.0
HOUR = 1_000_000_800.0 - 4 * 3600
SPEC = ContainerSpec(namespace="shop", workload="checkout", container="app", replicas=3, size=NOW, in_place=False)
ROSTER = Roster(cluster="prod", slot=0, sent_s=T - 90, time_s=T - 90, roster="r", containers=[SPEC])
CUT = decision("prod/shop/checkout/app", T - 600, target=Size(cpu_request=0.3, memory_request=GIB))
POLICY = [
    ("autopilot", "full", "the policy's rule shop"),
    ("windows", "none", "nobody states it"),
    ("protected", "no", "nobody states it"),
]


def hour(number: int, cpu: float) -> Aggregate:
    return Aggregate(
        cluster="prod", slot=0, namespace="shop", workload="checkout", hour_s=HOUR + 3600 * number,
        cpu=ResourceHours(used=cpu), memory=ResourceHours(used=1.5),
    )  # fmt: skip


def facts(**changes: object) -> Facts:
    known = {
        "roster": ROSTER, "spec": SPEC, "now_s": T, "decisions": [CUT], "judged": {CUT.id: judgement(CUT, True)},
        "outcomes": [], "hours": [hour(0, 1.0), hour(2, 2.0)],
        "terms": Terms(freezes={"shop": True, KILL_SWITCH: True}),
    }  # fmt: skip
    return Facts(**(known | changes))  # type: ignore[arg-type]


def lines(of: Facts) -> list[str]:
    return described(of, POLICY).splitlines()


def test_size_and_what_is_wanted() -> None:
    found = lines(facts())
    assert found[:7] == [
        "Name:         checkout/app",
        "Namespace:    shop",
        "Cluster:      prod",
        "Workload:     Deployment checkout",
        "Replicas:     3",
        "Node type:    <none>",
        "Resize:       by a restart",
    ]
    assert "  cpu         request 500m->300m, limit <none>" in found
    assert "  memory      request 1024Mi, limit <none>" in found
    assert "Size:         as told 90s ago; -> where another is wanted" in found


def test_policy_has_what_is_stated_and_what_holds_by_default() -> None:
    found = lines(facts())
    begin = found.index("Policy:")
    assert found[begin + 1 : begin + 4] == [
        "  Field      Value  From",
        "  autopilot  full   the policy's rule shop",
        "  protected  no     nobody states it",
    ]


def test_freezes() -> None:
    assert "Frozen:       yes, by kill switch, shop" in lines(facts())
    assert "Frozen:       no" in lines(facts(terms=Terms()))
    assert "Frozen:       unknown: the engine has written no state of this slot yet" in lines(facts(terms=None))


def test_an_hour_that_nobody_told_is_a_gap() -> None:
    assert "  cpu         ▅·█  1000m to 2000m" in lines(facts())
    assert "Usage:        no hour of the workload was told yet" in lines(facts(hours=[]))


def test_the_forecast_is_that_of_the_last_decision_and_says_its_age() -> None:
    found = lines(facts())
    begin = next(at for at, line in enumerate(found) if line.startswith("Forecast"))
    assert found[begin] == "Forecast of one replica, made 10m ago (2001-09-09 01:50 UTC):"
    assert found[begin + 1 : begin + 4] == [
        "  cpu         p50 ▅█  p95 ▆█",
        "    +15m      p05 100m, p50 200m, p95 300m",
        "    +4h       p05 200m, p50 400m, p95 400m",
    ]
    assert "Forecast:     none was published yet" in lines(facts(decisions=[]))


def test_decisions_with_reasons_and_judgements_then_outcomes() -> None:
    outcome = Outcome(
        cluster="prod", slot=0, sent_s=T, container=CUT.container, command_id=CUT.id, status="refused",
        reason="drifted", time_s=T - 5,
    )  # fmt: skip
    found = lines(facts(outcomes=[outcome]))
    begin = found.index("Decisions:")
    assert found[begin + 2].split()[:3] == ["checkout/app", "resize_down", "demand_below_request"]
    assert found[begin + 3 : begin + 5] == [
        "    Less is expected to be used than is requested.",
        "    Judged: it was right",
    ]
    assert found[-1].split()[:3] == ["checkout/app", "refused", "drifted"]
    assert lines(facts(decisions=[]))[-2:] == ["Decisions:    <none>", "Outcomes:     <none>"]


def test_the_document_has_the_messages() -> None:
    found = facts().document(POLICY)
    assert (found["workload"], found["decisions"][0]["id"], found["freezes"]) == (
        "checkout", CUT.id, [KILL_SWITCH, "shop"],
    )  # fmt: skip
    assert found["terms"][0] == {"field": "autopilot", "value": "full", "from": "the policy's rule shop"}
