"""What an account asked of the API server: each request in RBAC's words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from agents.kubernetes.connection import Api

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Asked(NamedTuple):
    group: str
    resource: str
    verb: str


class Request(NamedTuple):
    """`account`: the service account's name. `status`: of the answer. An apply that makes an object is `create` too."""

    account: str
    asked: Asked
    method: str
    path: str
    parameters: dict[str, str]
    body: Any
    content_type: str
    status: int


def asked(method: str, path: str, parameters: Mapping[str, str]) -> Asked | None:
    """None for what is no resource, such as /version, or an API's list of its kinds."""
    parts = path.strip("/").split("/")
    if parts[0] not in ("api", "apis"):
        return None
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
    if not rest:
        return None
    rest = rest[2:] if rest[0] == "namespaces" and len(rest) > 2 else rest
    resource = "/".join([rest[0], *rest[2:3]])
    reading = "watch" if "watch" in parameters else "get" if len(rest) > 1 else "list"
    return Asked(group, resource, _VERBS.get(method, reading))


def _account(header: str) -> str:
    """Of a token, which is a JWT."""
    claims = header.split(".")[1]
    subject: str = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    return subject.rpartition(":")[2]


@contextmanager
def recorded(patch: pytest.MonkeyPatch) -> Iterator[list[Request]]:
    """Requests of service accounts, which have tokens; the administrator has a certificate."""
    requests: list[Request] = []
    send = Api._send

    async def recording(
        self: Api, method: str, path: str, parameters: Any, body: Any, content_type: str, *more: Any
    ) -> Any:
        response = await send(self, method, path, parameters, body, content_type, *more)
        words = asked(method, path, parameters or {})
        if words is not None and (header := await self.authorization()):
            given = dict(parameters or {})
            status = response.status
            made = [words, words._replace(verb="create")] if (method, status) == ("PATCH", 201) else [words]
            account = _account(header)
            requests.extend(Request(account, each, method, path, given, body, content_type, status) for each in made)
        return response

    with patch.context() as patched:
        patched.setattr(Api, "_send", recording)
        yield requests
