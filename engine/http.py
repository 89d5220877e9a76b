"""/metrics, /live and /ready: the same small server in all programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[], str | None]
"""Returns None when all is well, else why not."""


async def serve(
    host: str,
    port: int,
    registry: CollectorRegistry,
    live: Check,
    ready: Check,
    pages: Mapping[str, Callable[[], Any]] | None = None,
    more_metrics: Callable[[], bytes] = bytes,
) -> tuple[web.AppRunner, int]:
    """Starts the server; returns its runner (call `cleanup()` at the end) and the port that it got.

    `pages`: more paths, each answering what its function returns as JSON. `more_metrics`: text of metrics
    that are not in the registry.
    """

    async def metrics(_: web.Request) -> web.Response:
        body = generate_latest(registry) + more_metrics()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def answer(check: Check) -> Handler:
        async def handler(_: web.Request) -> web.StreamResponse:
            problem = check()
            return web.Response(text=f"{problem or 'ok'}\n", status=503 if problem else 200)

        return handler

    def page(content: Callable[[], Any]) -> Handler:
        async def handler(_: web.Request) -> web.StreamResponse:
            return web.Response(body=orjson.dumps(content()), content_type="application/json")

        return handler

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/live", answer(live))
    app.router.add_get("/ready", answer(ready))
    for path, content in (pages or {}).items():
        app.router.add_get(path, page(content))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    return runner, runner.addresses[0][1]
