"""The process `trimtab webhook`.

A program of its own, not a part of the executor: it must answer while executors stand by, restart or write for hours,
runs in two replicas that both answer, and needs neither Kafka nor any right to change a workload.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from agents.executor.webhook.admission import PATH, Admission, WebhookTelemetry
from agents.executor.webhook.certificate import Certificate, read_files, shared
from agents.executor.webhook.intents import ClusterIntents
from agents.executor.webhook.registration import at_service, at_url, register
from agents.executor.webhook.settings import WebhookSettings
from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from engine.errors import UserError
from engine.http import serve

log = structlog.get_logger()


async def run(settings: WebhookSettings) -> None:
    """Runs until SIGTERM or SIGINT. Raises UserError for what the person at the keyboard can mend."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await start(settings, stack)
        await stop.wait()
    log.info("stopped")


async def start(settings: WebhookSettings, stack: AsyncExitStack) -> int:
    """Answers from when it returns until the stack ends; gives the port. It registers itself when its view is whole."""
    api = await Api.open(settings.kubeconfig, settings.context)
    stack.push_async_callback(api.close)
    try:
        certificate = await _certificate(settings, api)
    except ApiError as error:
        raise UserError(f"Namespace {settings.namespace} cannot keep the webhook's certificate: {error}.") from error
    intents, telemetry = ClusterIntents(api), WebhookTelemetry()
    watching = asyncio.create_task(intents.run())
    stack.callback(watching.cancel)
    port = await _listen(settings, Admission(intents, telemetry), certificate, stack)
    ready = lambda: None if intents.synced else "the view of owners is not whole yet"  # noqa: E731
    runner, pages = await serve(settings.http_host, settings.http_port, telemetry.registry, lambda: None, ready)
    stack.push_async_callback(runner.cleanup)
    await intents.whole()
    if settings.register_itself:
        await _register(settings, api, certificate, port)
    log.info("started", port=port, http_port=pages)
    return port


async def _listen(
    settings: WebhookSettings, admission: Admission, certificate: Certificate, stack: AsyncExitStack
) -> int:
    app = web.Application(client_max_size=2**24)
    app.router.add_post(PATH, admission.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.listen, settings.port, ssl_context=certificate.context()).start()
    return int(runner.addresses[0][1])


async def _certificate(settings: WebhookSettings, api: Api) -> Certificate:
    if settings.certificate is not None and settings.key is not None:
        return read_files(settings.certificate, settings.key)
    if settings.certificate is not None or settings.key is not None:
        raise UserError("--certificate and --key go together.")
    return await shared(api, settings.namespace, settings.service, _names(settings))


async def _register(settings: WebhookSettings, api: Api, certificate: Certificate, port: int) -> None:
    authority = certificate.certificate if settings.authority is None else settings.authority.read_bytes()
    if settings.url is None:
        client = at_service(settings.namespace, settings.service, 443)
    else:
        parts = urlsplit(settings.url)
        client = at_url(settings.url if parts.port else f"{settings.url}:{port}")
    try:
        await register(api, client, authority)
    except ApiError as error:
        raise UserError(f"The webhook cannot be registered: {error}.") from error


def _names(settings: WebhookSettings) -> list[str]:
    """Those by which an API server may call it."""
    if settings.url is not None:
        return [urlsplit(settings.url).hostname or "localhost"]
    name = f"{settings.service}.{settings.namespace}.svc"
    return [name, f"{name}.cluster.local"]
