"""What a Prometheus, or what stands before it, may answer: tried again, asked for less, or told to a person."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agents.collector.sources.prometheus.access import PrometheusAccess
from agents.collector.sources.prometheus.api import Api, AwayError, Series, TooLargeError
from agents.collector.sources.prometheus.job import Watcher
from engine.errors import UserError
from engine.settings import load
from tests.collector.prometheus.driving import Driven

EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}
ONE = {"metric": {"pod": "a"}, "value": [1.5, "0.25"]}
FOUND = {"status": "success", "data": {"resultType": "vector", "result": [ONE]}, "warnings": ["of Thanos"]}
Handler = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.collector.sources.prometheus.api.PAUSE_S", 0.01)


def asked(handler: Handler, context: ssl.SSLContext | None = None, **options: Any) -> Sequence[Series]:
    """The answer to one query to a server with that handler."""

    async def run() -> Sequence[Series]:
        app = web.Application()
        app.router.add_post("/base/api/v1/query", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        scheme = "https" if context else "http"
        url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/base/"
        try:
            async with Api(load(PrometheusAccess, {"url": url, **options})) as api:
                return await api.instant("up", 7.0)
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def answering(*answers: tuple[int, Any]) -> Handler:
    """One after the other, the last for ever."""
    left = list(answers)

    async def handler(_: web.Request) -> web.Response:
        status, body = left.pop(0) if left[1:] else left[0]
        if isinstance(body, str):
            return web.Response(text=body, status=status)
        return web.json_response(body, status=status)

    return handler


def test_values_and_labels() -> None:
    [series] = asked(answering((200, FOUND)))
    assert (series.metric, series.value) == ({"pod": "a"}, (1.5, 0.25))


def test_an_overload_is_waited_for() -> None:
    busy = {"status": "error", "errorType": "internal", "error": "try later"}
    assert asked(answering((503, "upstream"), (429, "rate limit"), (500, busy), (200, EMPTY))) == []
    with pytest.raises(AwayError, match="HTTP 503"):
        asked(answering((503, "upstream")))


@pytest.mark.parametrize(
    "said",
    ["query processing would load too many samples into memory in query execution", "query timed out in expression"],
)
def test_too_large(said: str) -> None:
    with pytest.raises(TooLargeError):
        asked(answering((422, {"status": "error", "errorType": "execution", "error": said})))


def test_too_slow() -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30.0)
        return web.json_response(EMPTY)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agents.collector.sources.prometheus.api.GRACE_S", 0.0)
        with pytest.raises(TooLargeError, match="longer than"):
            asked(slow, timeout=0.2)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((200, "<html>Log in</html>"), "is not Prometheus's API"),
        ((404, "404 page not found"), "is not Prometheus's API: HTTP 404"),
        ((401, "no"), "refuses .HTTP 401.: --bearer-token-file"),
        ((403, "no"), "refuses .HTTP 403."),
        ((400, {"status": "error", "errorType": "bad_data", "error": "parse error"}), "refuses a query: parse error"),
    ],
)
def test_what_a_person_must_mend(answer: tuple[int, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        asked(answering(answer))


def test_who_asks(tmp_path: Path) -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.headers.get("Authorization"), request.headers.get("X-Scope-OrgID")))
        return web.json_response(EMPTY)

    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    asked(handler, bearer_token_file=secret)
    asked(handler, user="anna", password_file=secret, headers="X-Scope-OrgID: shop; X-More: 1")
    assert seen == [("Bearer open sesame", None), ("Basic YW5uYTpvcGVuIHNlc2FtZQ==", "shop")]


def test_trust(tmp_path: Path) -> None:
    context = _own_certificate(tmp_path)
    assert asked(answering((200, EMPTY)), context, ca_file=tmp_path / "certificate.pem") == []
    with pytest.raises(UserError, match="not trusted"):
        asked(answering((200, EMPTY)), context)
    with pytest.raises(UserError, match="cannot be read as certificates"):
        asked(answering((200, EMPTY)), context, ca_file=tmp_path / "nowhere.pem")


def test_a_refusal_ends_a_collector_that_never_had_an_answer(tmp_path: Path) -> None:
    """An absence is waited for: Prometheus may start later than we do."""

    async def watch(url: str) -> None:
        driven = Driven(url, tmp_path, 1_780_272_000.0)
        async with Api(driven.settings) as api:
            await asyncio.wait_for(Watcher(driven.settings, api, driven.source).run(), 2.0)

    async def refused() -> None:
        runner = web.AppRunner(web.Application(middlewares=[_nobody]), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            await watch(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    with pytest.raises(UserError, match="HTTP 401"):
        asyncio.run(refused())
    with pytest.raises(TimeoutError):
        asyncio.run(watch("http://127.0.0.1:9"))


@web.middleware
async def _nobody(request: web.Request, handler: Any) -> web.StreamResponse:
    return web.Response(status=401)


def _own_certificate(folder: Path) -> ssl.SSLContext:
    """Of 127.0.0.1, signed by itself, in certificate.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "prometheus")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now,
                                    now + datetime.timedelta(days=1))  # fmt: skip
    certificate = built.add_extension(address, critical=False).sign(key, hashes.SHA256())
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
