"""A small blocking client of the API server, for what a development cluster and tests do to it."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_TIMEOUT_S: Final = 10.0
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"

Object = dict[str, Any]


class Refusal(Exception):
    """The API server's answer was an error. `code`: its HTTP status; `status`: its body."""

    def __init__(self, code: int, body: bytes) -> None:
        self.code = code
        try:
            self.status: Object = json.loads(body)
        except ValueError:
            self.status = {"message": body.decode(errors="replace")}
        super().__init__(f"{code}: {self.status.get('message')}")


class Client:
    """Requests as one user: by client certificate, or by `token`. Raises Refusal, and OSError without an answer."""

    def __init__(self, url: str, authority: Path, pair: tuple[Path, Path] | None = None, token: str = "") -> None:
        self.url = url
        self._context = ssl.create_default_context(cafile=str(authority))
        if pair:
            self._context.load_cert_chain(*pair)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def read(self, path: str) -> bytes:
        return self._send("GET", path, None, "")

    def get(self, path: str) -> Object:
        return self._answer(self.read(path))

    def create(self, path: str, body: Object) -> Object:
        return self._answer(self._send("POST", path, body, "application/json"))

    def replace(self, path: str, body: Object) -> Object:
        return self._answer(self._send("PUT", path, body, "application/json"))

    def patch(self, path: str, body: Object, kind: str = MERGE) -> Object:
        return self._answer(self._send("PATCH", path, body, kind))

    def apply(self, path: str, body: Object, manager: str = "development") -> Object:
        """Server-side apply: the object as `body` says, made if absent. `path` ends with its name."""
        return self.patch(f"{path}?fieldManager={manager}&force=true", body, APPLY)

    def delete(self, path: str) -> Object:
        return self._answer(self._send("DELETE", path, None, ""))

    def _send(self, method: str, path: str, body: Object | None, kind: str) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - https only
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=self._context) as response:  # noqa: S310
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise Refusal(error.code, error.read()) from None

    @staticmethod
    def _answer(body: bytes) -> Object:
        decoded = json.loads(body)
        assert isinstance(decoded, dict)
        return decoded


def answers(ask: Callable[[], object]) -> bool:
    """Whether `ask` gets an answer that is no error."""
    try:
        ask()
    except (OSError, Refusal):
        return False
    return True


def until(holds: Callable[[], bool], timeout_s: float = 30.0, every_s: float = 0.05) -> bool:
    """Waits until `holds()`; false when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True
