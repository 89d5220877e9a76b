"""An API server that does what a test says, for what the real one does only by chance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from kubernetes_asyncio.client.configuration import Configuration

from agents.kubernetes.connection import Api

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Api]:
    """A client of a server on 127.0.0.1 that answers by `handler`."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{runner.addresses[0][1]}"
    api = Api(configuration)
    try:
        yield api
    finally:
        await api.close()
        await runner.cleanup()


def status(code: int, reason: str = "", **headers: str) -> web.Response:
    """A refusal as Kubernetes words it."""
    body = {"kind": "Status", "code": code, "reason": reason, "message": f"{reason} on purpose"}
    return web.json_response(body, status=code, headers=headers)


def pod(name: str, version: int, node: str = "", namespace: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"nodeName": node}}


def page(pods: list[dict[str, Any]], version: int, token: str = "") -> web.Response:
    return web.json_response({"metadata": {"resourceVersion": str(version), "continue": token}, "items": pods})


async def stream(request: web.Request, events: list[tuple[str, Any]], hold_s: float = 0.0) -> web.StreamResponse:
    """A watch that tells these events, stays open for a while, and ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    for kind, obj in events:
        await response.write(json.dumps({"type": kind, "object": obj}).encode() + b"\n")
    await asyncio.sleep(hold_s)
    await response.write_eof()
    return response
