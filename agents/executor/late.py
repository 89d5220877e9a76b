"""Commands that go on beside the batches, for they outlast theirs or another executor began them: each reports by
itself when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from agents.executor.ledger import Decided


class Late:
    """`report` gets what came of each."""

    def __init__(self, report: Callable[[Decided], Awaitable[None]]) -> None:
        self._report = report
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._trouble: asyncio.Queue[Exception] = asyncio.Queue()

    def carry(self, container: str, task: asyncio.Task[Decided] | asyncio.Task[Decided | None]) -> None:
        """`task` may find that there is nothing to report."""
        self._tasks[container] = asyncio.create_task(self._end(container, task))

    def before(self, container: str) -> asyncio.Task[None] | None:
        """What is under way for the container; its commands have one order, and the next waits for it."""
        return self._tasks.get(container)

    async def failed(self) -> None:
        """Returns never; raises what one of them raised."""
        raise await self._trouble.get()

    async def stop(self) -> None:
        await cancel(self._tasks.values())

    async def settle(self) -> None:
        """Until all of now have ended."""
        await asyncio.gather(*self._tasks.values())

    async def _end(self, container: str, task: asyncio.Task[Decided] | asyncio.Task[Decided | None]) -> None:
        try:
            decided = await task
            if decided is not None:
                await self._report(decided)
        except asyncio.CancelledError:
            await cancel([task])
            raise
        except Exception as error:
            self._trouble.put_nowait(error)
        if self._tasks.get(container) is asyncio.current_task():
            del self._tasks[container]


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels all, and waits until they have ended."""
    ours = list(tasks)
    for task in ours:
        task.cancel()
    if ours:
        await asyncio.gather(*ours, return_exceptions=True)
