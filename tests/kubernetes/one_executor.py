"""A process that is an executor without Kafka: commands from a file, outcomes into a file. It is there to be killed.

    python -m tests.kubernetes.one_executor KUBECONFIG LEDGER COMMANDS OUTCOMES
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from agents.executor.executor import Executor
from agents.executor.items import Item
from agents.executor.kubernetes.target import KubernetesTarget
from agents.executor.ledger import Decided, Ledger
from agents.executor.telemetry import Telemetry
from agents.kubernetes.connection import Api
from engine.codec import decode_command
from engine.messages import DeadLetter


def _read(path: Path) -> list[Item]:
    return [Item(number, decode_command(line)) for number, line in enumerate(path.read_bytes().splitlines())]


def _append(path: Path, lines: list[bytes]) -> None:
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines)


async def main(kubeconfig: Path, ledger: Path, commands: Path, outcomes: Path) -> None:
    async def publish(decided: list[Decided], _: list[DeadLetter]) -> None:
        _append(outcomes, [each.payload for each in decided])

    target = KubernetesTarget(await Api.open(kubeconfig), patience_s=10.0)
    executor = Executor("shop", 1, target, Ledger(ledger, "shop"), publish, Telemetry(), time.time)
    await executor.recover()
    await executor.handle(_read(commands))
    await executor.settle()
    await target.close()


if __name__ == "__main__":
    asyncio.run(main(*(Path(each) for each in sys.argv[1:5])))
