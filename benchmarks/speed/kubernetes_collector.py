"""`python -m benchmarks.speed.kubernetes_collector`: what the collector of a real API server costs, and how old its
samples are when they are sent.

Nodes and pods are kwok's; API server, broker and collector are real processes on one machine, which all of them share.
"""

from __future__ import annotations

import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
import numpy as np
import psutil
from confluent_kafka import Consumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from agents.collector.sources.kubernetes.exposition import RESOURCE, Parser
from engine.broker import admin
from engine.broker.clusters import declare_cluster
from engine.broker.development import DevelopmentBroker
from engine.broker.ports import free_port
from engine.broker.processes import spawn, terminate
from engine.codec import decode_event
from engine.control_plane.client import Client, until
from engine.control_plane.development import DevelopmentCluster
from engine.control_plane.nodes import METRICS_PATH
from engine.messages import Metrics, Roster
from engine.topics import load_topics

NAME: Final = "bench"
REPLICAS: Final = 10
REPEATS: Final = 20
PATIENCE_S: Final = 900.0


@click.command()
@click.option("--pods", default=5000, show_default=True)
@click.option("--nodes", default=100, show_default=True)
@click.option("--interval", default=15.0, show_default=True, help="Seconds between scrapes.")
@click.option("--seconds", default=180.0, show_default=True, help="Measured, after the first three intervals.")
def main(pods: int, nodes: int, interval: float, seconds: float) -> None:
    with TemporaryDirectory() as folder, DevelopmentBroker() as broker, DevelopmentCluster() as cluster:
        admin.apply(admin.connect(broker.bootstrap), load_topics())
        declare_cluster(broker.bootstrap, NAME, pods // REPLICAS, "wall", author="bench")
        began = time.monotonic()
        fill(cluster, pods, nodes)
        click.echo(f"{pods} pods run on {nodes} nodes after {time.monotonic() - began:.0f} s", err=True)
        found = measured(cluster, broker.bootstrap, Path(folder), interval, seconds)
        found |= parsed(cluster)
    click.echo(f"| {pods:,} pods on {nodes} nodes, every {interval:g} s | |\n|---|---:|")
    for name, value in found.items():
        click.echo(f"| {name} | {value:,.3g} |")


def fill(cluster: DevelopmentCluster, pods: int, nodes: int) -> None:
    """Deployments of ten replicas each, in ten namespaces; returns when all run."""
    client = cluster.client
    cluster.add_nodes(nodes)
    for number in range(10):
        client.create("/api/v1/namespaces", {"metadata": {"name": f"ns-{number}"}})
    time.sleep(2.0)  # their service accounts
    for number in range(pods // REPLICAS):
        client.create(f"/apis/apps/v1/namespaces/ns-{number % 10}/deployments", deployment(f"web-{number}", number))

    def all_run() -> bool:
        items = client.get("/api/v1/pods?resourceVersion=0")["items"]
        return bool(sum(pod["status"].get("phase") == "Running" for pod in items) >= pods)

    if not until(all_run, PATIENCE_S, every_s=5.0):
        raise click.ClickException(f"not all pods run after {PATIENCE_S:.0f} s")


def deployment(name: str, number: int) -> dict[str, Any]:
    usage = {"kwok.x-k8s.io/usage-cpu": f"{50 + number % 100}m", "kwok.x-k8s.io/usage-memory": "100Mi"}
    container = {"name": "app", "image": "x", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    template = {"metadata": {"labels": {"app": name}, "annotations": usage}, "spec": {"containers": [container]}}
    selector = {"matchLabels": {"app": name}}
    return {"metadata": {"name": name}, "spec": {"replicas": REPLICAS, "selector": selector, "template": template}}


def measured(
    cluster: DevelopmentCluster, bootstrap: str, folder: Path, interval_s: float, seconds: float
) -> dict[str, float]:
    """CPU and memory of the collector's process over `seconds`, and ages of what it sent meanwhile."""
    command = [
        sys.executable, "-m", "engine.cli.main", "collect", "kubernetes", "--cluster", NAME, "--broker", bootstrap,
        "--kubeconfig", str(cluster.kubeconfig), "--spool-dir", str(folder), "--interval", str(interval_s),
        "--kubelet-ca", str(cluster.data / "certificates" / "ca.crt"), "--no-throttling",
        "--http-port", str(port := free_port()),
    ]  # fmt: skip
    started_s = time.time()
    process = spawn(command, folder / "log")
    try:
        time.sleep(3 * interval_s)
        watched, before_s = psutil.Process(process.pid), time.time()
        used_s = sum(watched.cpu_times()[:2])
        time.sleep(seconds)
        share = (sum(watched.cpu_times()[:2]) - used_s) / (time.time() - before_s)
        resident = watched.memory_info().rss
        replicas = samples(port)
    finally:
        terminate(process, 20.0)
    return {
        "CPU, share of a core": share,
        "memory, MiB resident": resident / 2**20,
        **replicas,
        **ages(bootstrap, started_s, before_s),
    }


def ages(bootstrap: str, started_s: float, since_s: float) -> dict[str, float]:
    """From the topic: when the first roster was sent, and how old rows were when they were sent after `since_s`."""
    first_s, old, rows = np.inf, list[float](), 0
    for value, produced_s in log(bootstrap):
        event = decode_event(value)
        if isinstance(event, Roster) and event.containers:
            first_s = min(first_s, produced_s)
        if isinstance(event, Metrics) and produced_s >= since_s:
            times = event.times_s or [None] * len(event.cpu_max)
            seen = [t or event.time_s for t, cpu in zip(times, event.cpu_max, strict=True) if cpu is not None]
            old += [produced_s - time_s for time_s in seen]
            rows += len(seen)
    quantiles = zip(("p50", "p99", "max"), np.percentile(old, [50, 99, 100]), strict=True)
    return {
        "first roster, s after the start": first_s - started_s,
        "rows": float(rows),
        **{f"age of a row's newest sample, {name}, s": float(age_s) for name, age_s in quantiles},
    }


def samples(port: int) -> dict[str, float]:
    """Of single replicas, by the collector's own histogram: the bound below which so many are."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    found = [s for family in families for s in family.samples if s.name.startswith("trimtab_collector_")]
    buckets = sorted((float(s.labels["le"]), s.value) for s in found if s.name.endswith("sample_age_seconds_bucket"))
    return {
        f"age of replicas' samples, {share:.0%} below, s": next(le for le, n in buckets if n >= share * buckets[-1][1])
        for share in (0.5, 0.99)
    } | {"replicas without a sample": next(s.value for s in found if s.name.endswith("replicas_without_sample"))}


def log(bootstrap: str) -> list[tuple[bytes, float]]:
    """Messages of collectors in `events`, with when they were sent."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    numbers = consumer.list_topics("events", timeout=10).topics["events"].partitions
    places = [TopicPartition("events", number, 0) for number in numbers]
    left = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    consumer.assign(places)
    found: list[tuple[bytes, float]] = []
    while left > 0:
        for record in consumer.consume(500, timeout=0.2):
            left -= 1
            headers = dict(record.headers() or [])
            if "produced" in headers:
                found.append((record.value(), float(headers["produced"])))
    consumer.close()
    return found


def parsed(cluster: DevelopmentCluster) -> dict[str, float]:
    """Our parser and the reference's, on the page of one node."""
    node = cluster.client.get("/api/v1/nodes/node-0")
    kubelet = Client(f"https://127.0.0.1:{cluster.ports.kubelet}", cluster.data / "certificates" / "ca.crt")
    page = kubelet.read(node["metadata"]["annotations"][METRICS_PATH])
    parser = Parser(RESOURCE)
    parser.parse(page)
    ours, theirs = time.perf_counter(), 0.0
    for _ in range(REPEATS):
        parser.parse(page)
    ours, theirs = (time.perf_counter() - ours) / REPEATS, time.perf_counter()
    list(text_string_to_metric_families(page.decode()))
    theirs = time.perf_counter() - theirs
    size = len(page) / 1024
    return {"page of a node, KiB": size, "parsed by us, ms": ours * 1e3, "by prometheus_client, ms": theirs * 1e3}


if __name__ == "__main__":
    main()
