"""Prometheus's HTTP API: instant and range queries, few at a time, tried again where that helps.

    QueryError
    ├── TooLargeError   the answer would be too much for the server, or took too long: ask for less
    └── AwayError       no answer, an overload, an error of the server's own: later perhaps
A UserError is what a person must mend: the address, the credentials, an answer that is not Prometheus's.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Literal, TypeVar

import aiohttp
import msgspec

from agents.collector.sources.prometheus.access import PrometheusAccess, request_headers, trust
from engine.errors import TrimtabError, UserError

ATTEMPTS: Final = 4
PAUSE_S: Final = 0.5
"""Before the second attempt; doubled before each further one."""
GRACE_S: Final = 5.0
"""Beyond the time that the server is told: its own answer is better than none."""
_TOO_LARGE: Final = ("too many samples", "exceeded maximum resolution", "timed out", "timeout", "limit", "canceled")
_OVERLOAD: Final = (429, 500, 502, 503, 504)


T = TypeVar("T")


class QueryError(TrimtabError):
    """A query without an answer."""


class TooLargeError(QueryError):
    """Ask for less."""


class AwayError(QueryError):
    """Ask later."""


class Series(msgspec.Struct):
    """Labels, and pairs of Unix seconds and value."""

    metric: dict[str, str]
    values: list[tuple[float, float]] = []
    value: tuple[float, float] | None = None


class _Data(msgspec.Struct):
    result: list[Series]
    result_type: Literal["vector", "matrix"] = msgspec.field(name="resultType")


class _Answer(msgspec.Struct):
    status: Literal["success", "error"]
    data: _Data | None = None
    error: str = ""
    error_type: str = msgspec.field(name="errorType", default="")


_DECODER: Final = msgspec.json.Decoder(_Answer, strict=False)  # Prometheus writes values as strings


class Api:
    """Use as a context: `async with Api(access) as api`."""

    def __init__(self, access: PrometheusAccess) -> None:
        self._access = access
        self._turn = asyncio.Semaphore(access.concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Api:
        connector = aiohttp.TCPConnector(ssl=trust(self._access), limit=self._access.concurrency)
        timeout = aiohttp.ClientTimeout(total=self._access.timeout + GRACE_S)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def instant(self, expression: str, time_s: float) -> Sequence[Series]:
        """Each with `value`. Raises QueryError, UserError."""
        return await self._ask("query", {"query": expression, "time": f"{time_s:.3f}"})

    async def range(self, expression: str, start_s: float, end_s: float, step_s: float) -> Sequence[Series]:
        """Each with `values` at start_s, start_s + step_s … end_s. Raises QueryError, UserError."""
        times = {"start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": f"{step_s:g}"}
        return await self._ask("query_range", {"query": expression, **times})

    async def _ask(self, what: str, form: Mapping[str, str]) -> Sequence[Series]:
        pause_s = PAUSE_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._turn:
                    return await self._once(what, form)
            except AwayError:
                if attempt == ATTEMPTS:
                    raise
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, what: str, form: Mapping[str, str]) -> Sequence[Series]:
        assert self._session is not None
        url = f"{self._access.url.rstrip('/')}/api/v1/{what}"
        body = {**form, "timeout": f"{self._access.timeout:g}s"}
        try:
            async with self._session.post(url, data=body, headers=request_headers(self._access)) as response:
                return _read(response.status, await response.read(), url)
        except TimeoutError as error:
            raise TooLargeError(f"{url} took longer than {self._access.timeout:g} s") from error
        except aiohttp.ClientSSLError as error:
            raise UserError(f"{url}: its certificate is not trusted (--ca-file): {error}.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise AwayError(f"{url} does not answer: {error or type(error).__name__}") from error


async def together(questions: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The answers to all; the first error, once none is on its way any more."""
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def _read(status: int, body: bytes, url: str) -> Sequence[Series]:
    """The series of an answer. Raises QueryError, UserError."""
    if status in (401, 403):
        raise UserError(f"{url} refuses (HTTP {status}): --bearer-token-file, --user or --headers may let one in.")
    try:
        answer = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        if status in _OVERLOAD:
            raise AwayError(f"{url} answers HTTP {status}") from error
        raise UserError(f"{url} is not Prometheus's API: HTTP {status}, and {_shortened(body)!r}.") from error
    if answer.data is not None and answer.status == "success":
        return answer.data.result
    if (status != 429 and any(word in answer.error.lower() for word in _TOO_LARGE)) or answer.error_type == "timeout":
        raise TooLargeError(answer.error)
    if status in _OVERLOAD:
        raise AwayError(f"{url} answers HTTP {status}: {answer.error}")
    raise UserError(f"{url} refuses a query: {answer.error or f'HTTP {status}'}.")


def _shortened(body: bytes) -> str:
    return body[:80].decode(errors="replace")
