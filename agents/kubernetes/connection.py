"""The connection to an API server. Credentials and transport are `kubernetes_asyncio`'s; bodies stay bytes here.

Its models are left aside: msgspec decodes what we need of an object, and nothing else is kept (`objects`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from kubernetes_asyncio import config
from kubernetes_asyncio.client.configuration import Configuration
from kubernetes_asyncio.client.rest import RESTClientObject
from kubernetes_asyncio.config.config_exception import ConfigException

from agents.kubernetes.errors import ApiError, Unreachable
from engine.errors import UserError

ANSWER_S: Final = 15.0
"""Of a request. A watch has no end; it is given up when nothing, not even a bookmark, came for `SILENCE_S`."""
SILENCE_S: Final = 330.0
JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""


class Api:
    """One API server. Methods raise ApiError for its refusals, Unreachable where it does not answer."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._client = RESTClientObject(configuration)

    @classmethod
    async def open(cls, kubeconfig: Path | None = None, context: str | None = None) -> Api:
        """By `kubeconfig`, else by KUBECONFIG or ~/.kube/config, else as a pod of the cluster. Raises UserError."""
        configuration = Configuration()
        try:
            if kubeconfig is None and context is None and _in_cluster():
                config.load_incluster_config(client_configuration=configuration)
            else:
                await config.load_kube_config(
                    None if kubeconfig is None else str(kubeconfig), context, configuration, persist_config=False
                )
        except (ConfigException, OSError) as error:
            raise UserError(f"No Kubernetes cluster is configured: {error} Name a file with --kubeconfig.") from error
        return cls(configuration)

    @property
    def server(self) -> str:
        return str(self._configuration.host)

    async def get(self, path: str, **parameters: str) -> bytes:
        """The body of a GET."""
        return await self.request("GET", path, parameters)

    async def request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
        timeout_s: float = ANSWER_S,
    ) -> bytes:
        """One request and its whole answer. `body` is what JSON can say."""
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._send(method, path, parameters, body, content_type)
                async with response:
                    content: bytes = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{method} {path}: {error or type(error).__name__}") from error
        _require_success(response, content)
        return content

    @asynccontextmanager
    async def lines(self, path: str, parameters: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """A watch: its lines as they come. Ends when the server ends it; raises Unreachable when it breaks off."""
        try:
            silence = aiohttp.ClientTimeout(sock_read=SILENCE_S)
            response = await self._send("GET", path, parameters, None, JSON, silence)
            async with response:
                if response.status != 200:
                    _require_success(response, await response.read())
                yield _split(response.content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"watch of {path}: {error or type(error).__name__}") from error

    async def authorization(self) -> str | None:
        """The account's header, such as `Bearer …`, which kubelets take as well; None where certificates are used."""
        if "BearerToken" not in self._configuration.api_key:
            return None
        header: str = await self._configuration.get_api_key_with_prefix("BearerToken")
        return header

    @property
    def certificate(self) -> tuple[str, str] | None:
        """Files of the account's certificate and key, where it has them."""
        found = self._configuration.cert_file, self._configuration.key_file
        return (str(found[0]), str(found[1])) if all(found) else None

    async def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: Any,
        content_type: str,
        patience: aiohttp.ClientTimeout | None = None,
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": JSON, "Content-Type": content_type}
        if authorization := await self.authorization():  # asked each time: tokens of pods are renewed on disk
            headers["Authorization"] = authorization
        response: aiohttp.ClientResponse = await self._client.request(
            method, self.server + path, query_params=dict(parameters or {}), headers=headers, body=body,
            _preload_content=False, _request_timeout=patience,
        )  # fmt: skip
        return response

    async def close(self) -> None:
        await self._client.close()


async def _split(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: an object may have 1.5 MiB, more than the reader's own lines may have."""
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line:
                yield line


def _require_success(response: aiohttp.ClientResponse, content: bytes) -> None:
    if response.status < 300:
        return
    try:
        said = msgspec.json.decode(content, type=_Status)
    except msgspec.DecodeError:
        said = _Status(content.decode(errors="replace")[:500])
    after = response.headers.get("Retry-After", "")
    raise ApiError(response.status, said.reason, said.message, float(after) if after.isdigit() else None)


def _in_cluster() -> bool:
    """Whether this is a pod with an account, and no file says otherwise."""
    import os  # noqa: PLC0415  (the only look at the environment; kubernetes_asyncio does the rest)

    return "KUBERNETES_SERVICE_HOST" in os.environ and "KUBECONFIG" not in os.environ
