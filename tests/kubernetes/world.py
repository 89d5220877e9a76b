"""An executor, its cluster's namespace, and what came of commands."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agents.executor.executor import Executor
from agents.executor.items import Item
from agents.executor.kubernetes.target import KubernetesTarget
from agents.executor.ledger import Decided, Ledger
from agents.executor.telemetry import Telemetry
from agents.kubernetes.connection import Api
from engine.codec import decode_event
from engine.messages import Command, DeadLetter, Outcome
from tests.executor.build import command as any_command
from tests.kubernetes.shop import LARGE, SMALL, Shop, until

Story = Callable[["World"], Awaitable[None]]


class World:
    """One namespace and an executor for it, with its own connection and ledger. `now_s`: its clock."""

    def __init__(
        self, shop: Shop, target: KubernetesTarget, ledger: Path, now_s: Callable[[], float] = time.time
    ) -> None:
        self.shop = shop
        self.target = target
        self.outcomes: list[Outcome] = []
        self.ledger = Ledger(ledger, "shop")
        self.executor = Executor("shop", 1, target, self.ledger, self._published, Telemetry(), now_s)

    async def _published(self, decided: list[Decided], _: list[DeadLetter]) -> None:
        for each in decided:
            outcome = decode_event(each.payload)
            assert isinstance(outcome, Outcome)
            self.outcomes.append(outcome)

    def command(self, workload: str = "web", **changes: Any) -> Command:
        """From SMALL to LARGE, valid for ten minutes."""
        now_s = time.time()
        container = f"shop/{self.shop.namespace}/{workload}/app"
        usual = {"id": secrets.token_hex(8), "container": container, "time_s": now_s, "valid_until_s": now_s + 600.0}
        return any_command(**{**usual, "expected": SMALL, "target": LARGE, **changes})

    async def give(self, *commands: Command) -> list[Outcome]:
        """What came of them, in the order in which they were done."""
        seen = len(self.outcomes)
        await self.executor.handle([Item(number, each) for number, each in enumerate(commands)])

        async def all_told() -> bool:
            return len(self.outcomes) - seen >= len(commands)

        await until(all_told)
        return self.outcomes[seen:]


def tell(kubeconfig: Path, folder: Path, story: Story, **settings: Any) -> None:
    """Runs a test's story in a namespace of its own."""

    async def run() -> None:
        api = await Api.open(kubeconfig)
        shop = Shop(api, f"shop-{secrets.token_hex(4)}")
        await shop.make_namespace()
        await shop.make_node()
        target = KubernetesTarget(await Api.open(kubeconfig), **{"patience_s": 3.0, **settings})
        world = World(shop, target, folder / "ledger.sqlite")
        try:
            await story(world)
        finally:
            await world.executor.stop()
            await target.close()
            await shop.delete()
            await api.close()

    asyncio.run(run())


def told(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(each.status, each.reason) for each in outcomes]
