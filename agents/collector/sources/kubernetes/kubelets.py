"""The way to a kubelet's pages: to the node itself, or through the API server."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final, Protocol

import aiohttp

from agents.collector.sources.kubernetes.kept_nodes import KeptNode
from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError, Unreachable
from engine.errors import UserError

RESOURCE: Final = "/metrics/resource"
CADVISOR: Final = "/metrics/cadvisor"
KEPT_INTERVALS: Final = 2.5
"""Connections outlive a scrape: their handshake costs more than a page."""


class Kubelets(Protocol):
    async def page(self, node: KeptNode, path: str, timeout_s: float) -> bytes:
        """Raises ApiError, Unreachable where there is no answer."""

    async def close(self) -> None:
        """Lets go of connections."""


class Proxied:
    """Through the API server, which knows its kubelets: for where nodes cannot be reached. It costs the API server."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def page(self, node: KeptNode, path: str, timeout_s: float) -> bytes:
        return await self._api.request("GET", f"/api/v1/nodes/{node.name}/proxy{path}", timeout_s=timeout_s)

    async def close(self) -> None:
        """The connection is the API's."""


class Direct:
    """To the node's address, with the account's token or certificate, each about every `interval_s`. `authority`: who
    signs kubelets' certificates.

    Raises UserError where that file is no certificate.
    """

    def __init__(self, api: Api, authority: Path | None, insecure: bool, interval_s: float) -> None:
        self._api = api
        try:
            context = ssl.create_default_context(cafile=None if authority is None else str(authority))
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"{authority} has no certificates that one could trust kubelets by: {error}.") from error
        if insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if api.certificate is not None:
            context.load_cert_chain(*api.certificate)
        connector = aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=KEPT_INTERVALS * interval_s)
        self._session = aiohttp.ClientSession(connector=connector)

    async def page(self, node: KeptNode, path: str, timeout_s: float) -> bytes:
        if not node.url:
            raise Unreachable(f"node {node.name} has no internal address")
        authorization = await self._api.authorization()
        headers = {} if authorization is None else {"Authorization": authorization}
        try:
            timeout = aiohttp.ClientTimeout(total=timeout_s)
            async with self._session.get(node.url + path, headers=headers, timeout=timeout) as response:
                content = await response.read()
                if response.status != 200:
                    said = content[:200].decode(errors="replace")
                    raise ApiError(response.status, response.reason or "", f"{node.url}{path}: {said}")
                return content
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{node.url}{path}: {error or type(error).__name__}") from error

    async def close(self) -> None:
        await self._session.close()
