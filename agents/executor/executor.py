"""The executor: commands in, writes to the target, outcomes out. One batch goes through

    take ──▶ intent (ledger) ──▶ judge, write (target) ──▶ decided (ledger) ──▶ publish, await ──▶ reported (ledger)
    ──▶ commit (broker)

A command that takes longer than its batch (a rollout, a kubelet that defers) goes on beside the next batches, kept
whole in the ledger; the next command for its container waits for it.

What is guaranteed. A command is written at most once by an executor with its ledger, wherever that is killed: a
command found half done is looked up at the target, which stores the id of its last command with each container, and
finished there; so is, at the start and now and then, what the target says that another executor left half done. Every
command gets an outcome at least once, always with the same content. With two executors for one cluster the consumer
group gives the topic's one partition to one of them, and ledgers are local: what the other did is recognised by the
last command at the target only, thus for the newest command of each container. Older repeats are then stopped by
expiry and by drift, not by memory. An executor that the group has given up, unknowingly (a process stopped for longer
than its session), may still finish the batch that it holds; the same two stop most of that, no lock stops all of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Final

import structlog

from agents.executor.carrying import Carrier
from agents.executor.guard import scope_text
from agents.executor.inbox import Inbox
from agents.executor.items import Item
from agents.executor.late import Late, cancel
from agents.executor.ledger import Decided, Intent, Ledger
from agents.executor.targets import Target, TargetError
from agents.executor.telemetry import Telemetry
from engine.identity import container_id, slot_of
from engine.messages import Command, DeadLetter, FreezeCommand

Publish = Callable[[list[Decided], list[DeadLetter]], Awaitable[None]]
"""Returns when the broker has all of it."""
BATCH: Final = 100
"""Commands written before their outcomes are made durable and sent together."""

log = structlog.get_logger()


class Executor:
    """`slots`: of the cluster. `now_s`: the clock by which commands expire."""

    def __init__(
        self,
        cluster: str,
        slots: int,
        target: Target,
        ledger: Ledger,
        publish: Publish,
        telemetry: Telemetry,
        now_s: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._slots = slots
        self._target = target
        self._ledger = ledger
        self._publish = publish
        self._telemetry = telemetry
        self._carrier = Carrier(cluster, slots, target, ledger.frozen_scopes, telemetry, now_s)
        self._late = Late(self._report_late)

    async def recover(self) -> None:
        """After a restart: finishes at the target what was half done, and sends outcomes that were not sent.

        What was not written is forgotten: its offset was not committed, so the broker gives the command again. Late
        ones it does not give again: they are carried out from the ledger, judged by what holds now.
        """
        intents, late = self._ledger.intents(), self._ledger.late()
        decided = [outcome for intent in intents if (outcome := await self._carrier.written(intent)) is not None]
        done = {each.id for each in decided}
        self._ledger.decide(decided)
        self._ledger.forget([intent.id for intent in intents if intent.id not in late])
        unreported = self._ledger.unreported()
        log.info("recovered", half_done=len(intents), written=len(decided), to_report=[each.id for each in unreported])
        await self._report(unreported, [])
        for id_, command in late.items():
            if id_ not in done:
                self._late.carry(command.container, asyncio.create_task(self._carrier.carry_out(command)))
        await self.finish_begun(0.0, done)

    async def finish_begun(self, older_than_s: float, known: Collection[str] = ()) -> None:
        """Goes on with what the cluster says was begun by an executor with another ledger, beside the batches.

        A rollout may take long, and only the next command for its container waits for it. The broker may give such a
        command once more: then it is found done.
        """
        try:
            begun = await self._target.begun(older_than_s)
        except TargetError as error:
            log.error("target failed", error=str(error))
            return
        for each in begun:
            slot = slot_of(each.namespace, each.workload, self._slots)
            container = container_id(self._cluster, each.namespace, each.workload, each.container)
            if each.command_id not in known and self._late.before(container) is None:
                log.warning("finishing what another began", command=each.command_id, container=container)
                intent = Intent(each.command_id, container, slot)
                self._late.carry(container, asyncio.create_task(self._carrier.written(intent)))

    async def settle(self) -> None:
        """Until what goes on beside the batches has ended."""
        await self._late.settle()

    async def serve(self, inbox: Inbox) -> None:
        """Handles what comes in, batch by batch, until it is cancelled."""
        while True:
            await inbox.wait()
            async with inbox.handling:
                batch = inbox.take(BATCH)
                if batch:
                    await self.handle(batch)
                    await inbox.commit(batch[-1].offset)

    async def handle(self, batch: list[Item]) -> None:
        """From intent to reported."""
        self._lift(batch[0])
        new = self._new(batch)
        self._ledger.intend([(command, latency_s) for command, latency_s in new])
        decided = await self._side_by_side([command for command, _ in new])
        self._ledger.decide(decided)
        letters = [item.content for item in batch if isinstance(item.content, DeadLetter)]
        await self._report(decided, letters)
        self._count(new, decided, letters)

    async def late_failed(self) -> None:
        """Returns never; raises what a late command raised."""
        await self._late.failed()

    async def stop(self) -> None:
        """Leaves late commands where they are; the next start finishes them."""
        await self._late.stop()

    async def _side_by_side(self, commands: list[Command]) -> list[Decided]:
        """As many at once as the target takes, begun in their order. What is not done in time becomes late."""
        at_once = asyncio.Semaphore(self._target.at_once)

        async def one(command: Command, before: asyncio.Task[None] | None) -> Decided:
            if before is not None:
                await asyncio.wait([before])
            async with at_once:
                return await self._carrier.carry_out(command)

        tasks = {asyncio.create_task(one(each, self._late.before(each.container))): each for each in commands}
        if not tasks:
            return []
        try:
            _, slow = await asyncio.wait(tasks, timeout=self._target.hurry_s)
        except asyncio.CancelledError:
            await cancel(tasks)
            raise
        decided = [task.result() for task in tasks if task not in slow]
        self._ledger.delay([tasks[task] for task in tasks if task in slow])
        for task in slow:
            self._late.carry(tasks[task].container, task)
        return decided

    async def _report_late(self, decided: Decided) -> None:
        self._ledger.decide([decided])
        await self._report([decided], [])
        self._count([], [decided], [])

    def _lift(self, item: Item) -> None:
        """A lift stands first in its batch: what came before it was judged before it."""
        content = item.content
        if isinstance(content, FreezeCommand) and not content.frozen and self._ledger.lift(content.scope, item.offset):
            log.warning("freeze lifted", scope=scope_text(content.scope), author=content.author)

    def _new(self, batch: list[Item]) -> list[tuple[Command, float | None]]:
        """Commands that were not handled before, each with its latency. A repeat was answered, or will be."""
        commands = [(item.content, item.latency_s) for item in batch if isinstance(item.content, Command)]
        handled = self._ledger.handled(command.id for command, _ in commands)
        self._telemetry.commands.labels("repeated", "already_handled").inc(len(handled))
        return [(command, latency_s) for command, latency_s in commands if command.id not in handled]

    async def _report(self, decided: list[Decided], letters: list[DeadLetter]) -> None:
        if decided or letters:
            await self._publish(decided, letters)
        self._ledger.reported([each.id for each in decided])

    def _count(
        self, new: list[tuple[Command, float | None]], decided: list[Decided], letters: list[DeadLetter]
    ) -> None:
        for _, latency_s in new:
            if latency_s is not None:
                self._telemetry.latency.observe(latency_s)
        for each in decided:
            self._telemetry.commands.labels(each.status, each.reason).inc()
        for letter in letters:
            self._telemetry.malformed.labels(letter.reason).inc()
            log.warning("message not understood", id=letter.id, reason=letter.reason, detail=letter.detail)
        if decided:
            log.info("reported", **Counter(f"{each.status} {each.reason}".strip() for each in decided))
