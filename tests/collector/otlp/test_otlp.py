"""The OTLP receiver over real HTTP: what senders push becomes rosters and metrics, what cannot be used is told."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from agents.collector.sources.otlp.board import FORGET_S, Board
from agents.collector.sources.otlp.job import receive
from agents.collector.sources.otlp.points import points_of
from agents.collector.sources.otlp.receiver import Receiver
from agents.collector.sources.otlp.settings import OtlpSettings
from agents.collector.sources.otlp.telemetry import OtlpTelemetry
from agents.collector.sources.prometheus.folding import Folding, Look
from agents.collector.sources.watched import WatchedSource
from engine.errors import UserError
from engine.messages import Cluster, Metrics, Roster, Size
from engine.settings import load

NOW_S = 1_780_272_000.0
MIB = 2.0**20
PROTOBUF, JSON = "application/x-protobuf", "application/json"
CUMULATIVE, DELTA = 2, 1
WEB = {"k8s.namespace.name": "shop", "k8s.pod.name": "web-5d4cf56db6-bbbbb", "k8s.container.name": "app",
       "k8s.deployment.name": "web", "k8s.node.name": "node-1", "host.type": "m5.large"}  # fmt: skip
OTHER = WEB | {"k8s.pod.name": "web-5d4cf56db6-ccccc", "k8s.node.name": "node-2"}
SIZES = {"k8s.container.cpu_request": 0.5, "k8s.container.cpu_limit": 1.0,
         "k8s.container.memory_request": 64 * MIB, "k8s.container.memory_limit": 128 * MIB}  # fmt: skip


def resource(attributes: dict[str, str], *metrics: dict[str, Any]) -> dict[str, Any]:
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    return {"resource": {"attributes": pairs}, "scopeMetrics": [{"metrics": list(metrics)}]}


def point(value: float | None, time_s: float, start_s: float = 0.0) -> dict[str, Any]:
    said = {} if value is None else {"asDouble": value}
    return said | {"timeUnixNano": str(int(time_s * 1e9)), "startTimeUnixNano": str(int(start_s * 1e9))}


def gauge(name: str, value: float | None, time_s: float = NOW_S) -> dict[str, Any]:
    return {"name": name, "gauge": {"dataPoints": [point(value, time_s)]}}


def total(
    name: str, value: float, time_s: float, temporality: int = CUMULATIVE, start_s: float = 0.0
) -> dict[str, Any]:
    points = [point(value, time_s, start_s)]
    return {"name": name, "unit": "s", "sum": {"dataPoints": points, "aggregationTemporality": temporality}}


def request(*resources: dict[str, Any]) -> ExportMetricsServiceRequest:
    message = ExportMetricsServiceRequest()
    json_format.ParseDict({"resourceMetrics": list(resources)}, message)
    return message


def look(board: Board, folding: Folding, now_s: float, *resources: dict[str, Any]) -> Look:
    points, refused = points_of(request(*resources), now_s)
    assert not refused
    assert not board.take(points, now_s)
    return folding.folded(board.sampled(now_s), board.facts())


def test_usage_and_sizes_of_two_receivers_are_one_container() -> None:
    """kubeletstats knows usage and the Deployment, k8s_cluster the sizes; the largest of two replicas is told."""
    cluster = {key: WEB[key] for key in ("k8s.namespace.name", "k8s.pod.name", "k8s.container.name")}
    seen = look(
        Board(), Folding(), NOW_S,
        resource(WEB, gauge("container.cpu.usage", 0.25), gauge("container.memory.working_set", 50 * MIB),
                 gauge("container.memory.usage", 90 * MIB)),
        resource(OTHER, gauge("container.cpu.usage", 0.1), gauge("container.memory.working_set", 60 * MIB)),
        resource(cluster, *(gauge(name, value) for name, value in SIZES.items())),
    )  # fmt: skip
    [spec] = seen.specs
    assert (spec.namespace, spec.workload, spec.container, spec.workload_kind) == ("shop", "web", "app", "Deployment")
    assert (spec.size, spec.replicas, spec.node_type) == (Size(0.5, 1.0, 64 * MIB, 128 * MIB), 2, "m5.large")
    assert seen.usage.value.tolist() == [[0.25, 60 * MIB]]
    assert seen.time_s == NOW_S


def test_rates_of_cpu_time() -> None:
    """15 cores' seconds in 30 s; a counter that began anew has no rate; a delta has its own."""
    board, folding = Board(), Folding()
    used = [100.0, 115.0, 3.0, 9.0]
    seen = []
    for number, value in enumerate(used):
        time_s = NOW_S + 30 * number
        seen.append(look(board, folding, time_s, resource(WEB, total("container.cpu.time", value, time_s))))
    rates = [None if not len(s.usage.value) else s.usage.value[0, 0] for s in seen]
    assert np.array_equal(np.array(rates, float), [np.nan, 0.5, np.nan, 0.2], equal_nan=True)
    delta = look(
        Board(), Folding(), NOW_S, resource(WEB, total("container.cpu.time", 6.0, NOW_S, DELTA, start_s=NOW_S - 10))
    )
    assert delta.usage.value[0, 0] == pytest.approx(0.6)


def test_an_oom_kill_is_a_restart_after_one() -> None:
    board, folding = Board(), Folding()
    kills = []
    for number, (restarts, ended) in enumerate([(1, "Error"), (2, "OOMKilled"), (2, "OOMKilled"), (3, "Error")]):
        attributes = WEB | {"k8s.container.status.last_terminated_reason": ended}
        time_s = NOW_S + 15 * number
        seen = look(board, folding, time_s, resource(attributes, gauge("k8s.container.restarts", restarts, time_s)))
        kills.append(int(seen.usage.oom_kills.sum()))
    assert kills == [0, 1, 0, 0]


def test_what_is_not_heard_of_any_more_has_gone() -> None:
    board, folding = Board(), Folding()
    look(board, folding, NOW_S, resource(WEB, gauge("container.cpu.usage", 0.25)))
    later_s = NOW_S + FORGET_S + 1
    seen = look(board, folding, later_s, resource(OTHER, gauge("container.cpu.usage", 0.1, later_s)))
    assert [spec.replicas for spec in seen.specs] == [1]
    assert seen.usage.value[0, 0] == 0.1


def test_replica_sets_without_their_deployment() -> None:
    bare = {key: value for key, value in WEB.items() if key != "k8s.deployment.name"}
    named = bare | {"k8s.replicaset.name": "web-5d4cf56db6"}
    for attributes in (bare, named):
        seen = look(Board(), Folding(), NOW_S, resource(attributes, gauge("container.cpu.usage", 0.25)))
        assert [(spec.workload, spec.workload_kind) for spec in seen.specs] == [("web", "Deployment")]


@pytest.mark.parametrize(
    ("attributes", "metric", "reason"),
    [
        ({"k8s.node.name": "node-1"}, gauge("container.cpu.usage", 1.0), "not_a_container"),
        (WEB, gauge("container.cpu.usage", None), "no_value"),
        (WEB, gauge("container.cpu.usage", -1.0), "out_of_range"),
        (WEB, gauge("container.memory.working_set", 1e18), "out_of_range"),
        (WEB, gauge("container.cpu.usage", 1.0, NOW_S - 600), "too_old"),
        (WEB, gauge("container.cpu.usage", 1.0, NOW_S + 600), "from_the_future"),
        (WEB, total("container.cpu.time", 1.0, NOW_S, temporality=0), "no_temporality"),
        (WEB, {"name": "container.cpu.usage", "summary": {"dataPoints": [{"count": "1"}]}}, "not_a_number_series"),
        (WEB, gauge("container.filesystem.usage", 1.0), "other_metric"),
    ],
)
def test_reasons(attributes: dict[str, str], metric: dict[str, Any], reason: str) -> None:
    points, refused = points_of(request(resource(attributes, metric)), NOW_S)
    assert points == []
    assert refused == {reason: 1}


def test_points_that_come_again_or_late() -> None:
    board = Board()
    points, _ = points_of(request(resource(WEB, gauge("container.cpu.usage", 0.25))), NOW_S)
    assert not board.take(points, NOW_S)
    assert board.take(points, NOW_S) == {"repeated": 1}
    assert board.take([points[0]._replace(time_s=NOW_S - 1)], NOW_S) == {"out_of_order": 1}


OTHERS = gauge("container.filesystem.usage", 1.0)
GOOD = {"resourceMetrics": [resource(WEB, gauge("container.cpu.usage", 0.25), OTHERS)]}
HALF = {"resourceMetrics": [resource(WEB, gauge("container.cpu.usage", 0.25), gauge("container.cpu.usage", -2.0))]}
Post = Callable[..., Awaitable[tuple[int, bytes]]]


Scenario = Callable[[Post, OtlpTelemetry], Awaitable[None]]


def served(scenario: Scenario, largest: int = 4096, token: Path | None = None) -> None:
    """Runs the scenario against a receiver that listens."""

    async def run() -> None:
        telemetry = OtlpTelemetry()
        runner = web.AppRunner(Receiver(Board(), telemetry, largest, token, lambda: NOW_S).app(), auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:

            async def post(body: bytes, kind: str, **headers: str) -> tuple[int, bytes]:
                named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": kind}
                async with session.post("/v1/metrics", data=body, headers=named) as response:
                    return response.status, await response.read()

            await scenario(post, telemetry)
        await runner.cleanup()

    asyncio.run(run())


def protobuf(document: dict[str, Any]) -> bytes:
    message = ExportMetricsServiceRequest()
    json_format.ParseDict(document, message)
    return message.SerializeToString()


def test_protobuf_json_and_gzip() -> None:
    async def scenario(post: Post, telemetry: OtlpTelemetry) -> None:
        for kind, body in ((PROTOBUF, protobuf(GOOD)), (JSON, json.dumps(GOOD | {"laterField": 1}).encode())):
            status, answer = await post(body, kind)
            assert (status, answer) == (200, b"" if kind == PROTOBUF else b"{}")
            assert (await post(gzip.compress(body), kind, Content_Encoding="gzip"))[0] == 200
        assert telemetry.points._value.get() == 4
        assert telemetry.unused.labels("other_metric")._value.get() == 4
        assert telemetry.unused.labels("repeated")._value.get() == 3

    served(scenario)


def test_partial_success() -> None:
    async def scenario(post: Post, telemetry: OtlpTelemetry) -> None:
        status, answer = await post(protobuf(HALF), PROTOBUF)
        response = ExportMetricsServiceResponse.FromString(answer)
        assert (status, response.partial_success.rejected_data_points) == (200, 1)
        assert "1 out_of_range" in response.partial_success.error_message
        status, answer = await post(json.dumps(HALF).encode(), JSON)
        assert json.loads(answer)["partialSuccess"]["rejectedDataPoints"] == "1"

    served(scenario)


def test_requests_that_are_refused_whole() -> None:
    async def scenario(post: Post, telemetry: OtlpTelemetry) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        large = b"\x00" * 100_000
        found = [
            (await post(b"\xff\xff\xff", PROTOBUF))[0],
            (await post(b"{", JSON))[0],
            (await post(b"x", "text/plain"))[0],
            (await post(b"x", PROTOBUF, Content_Encoding="zstd"))[0],
            (await post(b"x", PROTOBUF, Content_Encoding="gzip"))[0],
            (await post(gzip.compress(protobuf(GOOD))[:-9], PROTOBUF, Content_Encoding="gzip"))[0],
            (await post(bomb, PROTOBUF, Content_Encoding="gzip"))[0],
            (await post(gzip.compress(bytes(20_000)), PROTOBUF, Content_Encoding="gzip"))[0],
            (await post(large, PROTOBUF))[0],
        ]
        assert found == [400, 400, 415, 415, 400, 400, 413, 413, 413]
        assert telemetry.refused.labels("413")._value.get() == 3
        assert (await post(protobuf(GOOD), PROTOBUF))[0] == 200, "it goes on"

    served(scenario)


def test_a_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")

    async def scenario(post: Post, _: OtlpTelemetry) -> None:
        assert (await post(protobuf(GOOD), PROTOBUF))[0] == 401
        assert (await post(protobuf(GOOD), PROTOBUF, Authorization="Bearer other"))[0] == 401
        assert (await post(protobuf(GOOD), PROTOBUF, Authorization="Bearer secret"))[0] == 200

    served(scenario, token=token)


def test_from_the_wire_to_events(unused_port: int, tmp_path: Path) -> None:
    """The receiver beside its source, on the wall's clock: a roster, then metrics of the point's own time."""

    async def run() -> list[Roster | Metrics]:
        import time

        options = {"cluster": "shop", "port": unused_port, "interval": 1.0, "spool_dir": tmp_path}
        settings = load(OtlpSettings, options)
        source = WatchedSource(Cluster(name="shop", slots=1, declared_s=0.0), 1.0, None, lambda: True, time.time)
        receiving = asyncio.create_task(receive(settings, source, OtlpTelemetry()))
        await asyncio.sleep(0.2)
        body = protobuf({"resourceMetrics": [resource(WEB, gauge("container.cpu.usage", 0.25, time.time()))]})
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{unused_port}/v1/metrics"
            async with session.post(url, data=body, headers={"Content-Type": PROTOBUF}) as response:
                assert response.status == 200
        events: list[Roster | Metrics] = []
        while len(events) < 2 and not receiving.done():
            events += source.take().events
            await asyncio.sleep(0.05)
        receiving.cancel()
        await asyncio.wait({receiving})
        return events

    roster, metrics = asyncio.run(run())
    assert isinstance(roster, Roster)
    assert isinstance(metrics, Metrics)
    assert metrics.roster == roster.roster
    assert metrics.cpu_max == [0.25]


def test_a_port_that_is_taken(unused_port: int, tmp_path: Path) -> None:
    async def run() -> None:
        import time

        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", unused_port)
        settings = load(OtlpSettings, {"cluster": "shop", "port": unused_port, "spool_dir": tmp_path})
        source = WatchedSource(Cluster(name="shop", slots=1, declared_s=0.0), 1.0, None, lambda: True, time.time)
        async with server:
            await receive(settings, source, OtlpTelemetry())

    with pytest.raises(UserError, match="Cannot listen"):
        asyncio.run(run())


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
