"""A man in the middle of executor and API server: forwards everything, but for what a test has it do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientError, web

from agents.kubernetes.connection import Api

HOP_BY_HOP = ("transfer-encoding", "content-length", "connection", "content-encoding")
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""What is answered instead of forwarding; None to forward."""


class Seen(NamedTuple):
    method: str
    path: str
    status: int


class Between:
    """`seen`: what the server was asked and answered. `after`: called with each answer before it goes back."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.seen: list[Seen] = []
        self.fault: Fault = _nothing
        self.after: Fault = _nothing
        self.kubeconfig = Path()

    def patched(self, ending: str = "/resize") -> list[Seen]:
        """Patches that took effect."""
        patches = (each for each in self.seen if each.method == "PATCH" and each.path.endswith(ending))
        return [each for each in patches if each.status < 300]

    def statuses(self, method: str, ending: str) -> list[int]:
        return [each.status for each in self.seen if each.method == method and each.path.endswith(ending)]

    async def forward(self, request: web.Request) -> web.StreamResponse:
        instead = await self.fault(request)
        if instead is not None:
            return instead
        headers = {key: value for key, value in request.headers.items() if key.lower() in ("accept", "content-type")}
        session = self._api._client.pool_manager
        url = self._api.server + request.path_qs
        try:
            answer = await session.request(request.method, url, data=await request.read(), headers=headers)
        except ClientError:
            if request.transport is not None:
                request.transport.close()
            raise
        async with answer:
            self.seen.append(Seen(request.method, request.path, answer.status))
            if "watch" in request.query:
                return await self._stream(request, answer.status, answer.content.iter_any())
            body = await answer.read()
        instead = await self.after(request)
        if instead is not None:
            return instead
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in HOP_BY_HOP}
        return web.Response(status=answer.status, body=body, headers=kept)

    async def _stream(self, request: web.Request, status: int, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        async for chunk in chunks:
            await response.write(chunk)
        return response


@asynccontextmanager
async def between(kubeconfig: Path, folder: Path) -> AsyncIterator[Between]:
    """It, listening, with a kubeconfig that leads to it."""
    api = await Api.open(kubeconfig)
    middle = Between(api)
    server = web.Application(client_max_size=2**24)
    server.router.add_route("*", "/{path:.*}", middle.forward)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    middle.kubeconfig = folder / f"between-{port}.kubeconfig"
    cluster = {"name": "t", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    contexts = [{"name": "t", "context": {"cluster": "t", "user": "t"}}]
    users = [{"name": "t", "user": {}}]
    whole = {"apiVersion": "v1", "kind": "Config", "current-context": "t", "clusters": [cluster]}
    middle.kubeconfig.write_text(json.dumps({**whole, "contexts": contexts, "users": users}))
    try:
        yield middle
    finally:
        await runner.cleanup()
        await api.close()


async def _nothing(_: web.Request) -> web.StreamResponse | None:
    return None


def refusal(status: int, reason: str, **headers: str) -> web.Response:
    """As an API server words it."""
    body = {"kind": "Status", "status": "Failure", "message": "a fault of the test", "reason": reason, "code": status}
    return web.json_response(body, status=status, headers=headers)


async def for_ever() -> None:
    await asyncio.sleep(3600.0)
