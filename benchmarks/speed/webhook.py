"""The webhook under load, beside one that does nothing: p50 and p99 of a review, over TLS, at a rate.

    python -m benchmarks.speed.webhook --rate 300 --seconds 20

Both are paths of one server process; one client process asks them in turns, on connections that stay open as those of
an API server do, at even times (a late answer delays no other: latency counts from when the review was due). The view
holds 5,000 owners with an intent each; every review is of a pod that is sized.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import ssl
import time
from typing import Any, Final

import aiohttp
import click
import msgspec
import numpy as np
from aiohttp import web
from kubernetes_asyncio.client.configuration import Configuration

from agents.executor.kubernetes.intent import Applied
from agents.executor.webhook.admission import Admission, WebhookTelemetry
from agents.executor.webhook.certificate import made
from agents.executor.webhook.intents import ClusterIntents, Kept
from agents.kubernetes.connection import Api
from engine.messages import Size
from engine.units import GIB

OWNERS: Final = 5000
PATHS: Final = ("/pods", "/nothing")
NOW: Final = Size(cpu_request=0.1, memory_request=GIB / 8)
WANTED: Final = Size(cpu_request=0.4, memory_request=GIB / 4)


async def nothing(request: web.Request) -> web.Response:
    """The peer: reads the review as far as its uid, and allows it."""
    uid = msgspec.json.decode(await request.read())["request"]["uid"]
    response = {"uid": uid, "allowed": True}
    return web.json_response({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})


async def serve(port: Any, certificate: Any) -> None:
    intents = ClusterIntents(Api(Configuration()))
    for each in intents._all():
        each.synced.set()
    intent = {"app": Applied(command="0" * 16, size=WANTED, over=NOW)}
    view = intents._owners["Deployment"].view
    view.update({f"shop/web-{number}": Kept(intent) for number in range(OWNERS)})
    app = web.Application()
    app.router.add_post(PATHS[0], Admission(intents, WebhookTelemetry()).handle)
    app.router.add_post(PATHS[1], nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context()).start()
    port.send(runner.addresses[0][1])
    await asyncio.sleep(3600.0)


def review(number: int) -> bytes:
    """Of the size that API servers send: 5 kB, most of it managedFields, volumes and environment."""
    resources = {"requests": {"cpu": "100m", "memory": "128Mi"}}
    filler = [{"name": f"VARIABLE_{each}", "value": "x" * 40} for each in range(60)]
    container = {"name": "app", "image": "registry/app:1", "resources": resources, "env": filler}
    owner = {"kind": "ReplicaSet", "name": f"web-{number % OWNERS}-5b7f", "controller": True, "uid": "u"}
    labels = {"pod-template-hash": "5b7f"}
    metadata = {"generateName": "web-", "labels": labels, "ownerReferences": [owner]}
    pod = {"metadata": metadata, "spec": {"containers": [container]}}
    asked = {"uid": f"{number:036d}", "namespace": "shop", "operation": "CREATE", "object": pod}
    return msgspec.json.encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked})


async def load(port: int, authority: bytes, rate: float, seconds: float) -> dict[str, list[float]]:
    context = ssl.create_default_context(cadata=authority.decode())
    found: dict[str, list[float]] = {path: [] for path in PATHS}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=100)) as session:

        async def ask(number: int, due_s: float) -> None:
            path = PATHS[number % 2]
            async with session.post(f"https://127.0.0.1:{port}{path}", data=review(number)) as response:
                body = await response.read()
            assert response.status == 200
            assert (b'"patch"' in body) == (path == PATHS[0])
            found[path].append(time.perf_counter() - due_s)

        begin_s, tasks = time.perf_counter() + 0.5, []
        for number in range(int(2 * rate * seconds)):  # each path has the rate
            due_s = begin_s + number / (2 * rate)
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            tasks.append(asyncio.create_task(ask(number, due_s)))
        await asyncio.gather(*tasks)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="reviews a second, of each of the two")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    certificate = made(["127.0.0.1"])
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs, certificate), daemon=True)
    server.start()
    found = asyncio.run(load(ours.recv(), certificate.certificate, arguments.rate, arguments.seconds))
    server.terminate()
    for path, name in zip(PATHS, ("webhook", "does nothing"), strict=True):
        milliseconds = np.array(found[path][int(arguments.rate) :]) * 1000  # the first second opens connections
        p50, p99 = np.percentile(milliseconds, (50, 99))
        most = milliseconds.max()
        click.echo(f"{name}: {len(milliseconds)} reviews, p50 {p50:.2f} ms, p99 {p99:.2f} ms, most {most:.1f} ms")


def _serve(port: Any, certificate: Any) -> None:
    asyncio.run(serve(port, certificate))


if __name__ == "__main__":
    main()

