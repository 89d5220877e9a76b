"""While the forecast is compiled, the engine answers that it is alive and not ready."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.settings import load
from engine.shell import app
from engine.shell.settings import EngineSettings


class Alone(app.Surroundings):
    """Without what needs a broker."""

    async def _forever(self, work: Any) -> None:
        work.close()


async def _answers(surroundings: Alone) -> dict[str, int]:
    url = f"http://127.0.0.1:{surroundings._runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        return {path: (await session.get(url + path)).status for path in ("/live", "/ready")}


def test_alive_and_not_ready_while_the_forecast_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(EngineSettings, {"data_dir": tmp_path, "http_host": "127.0.0.1", "http_port": 0})

    async def scenario() -> None:
        begun, compiled, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

        def compile_slowly() -> None:
            loop.call_soon_threadsafe(begun.set)
            compiled.wait(30)

        monkeypatch.setattr(app, "warm_up", compile_slowly)
        surroundings = Alone(app.make_engine(settings, partitions=4))
        starting = asyncio.ensure_future(surroundings.start())
        await begun.wait()
        assert await _answers(surroundings) == {"/live": 200, "/ready": 503}
        assert not starting.done()
        compiled.set()
        await starting
        await surroundings.stop()

    asyncio.run(scenario())
