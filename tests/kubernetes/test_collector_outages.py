"""Broker and API server go away, one after the other and both, and come back: nothing that was measured is missing."""

from __future__ import annotations

import time
import urllib.request
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.broker.development import DevelopmentBroker
from engine.broker.ports import free_port
from engine.codec import decode_event
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Metrics, Roster
from tests.broker.faults.processes import Program, wait_until
from tests.broker.test_collector import log_of
from tests.brokers import apply_topics, declare
from tests.kubernetes.conftest import make_namespace
from tests.kubernetes.objects import make_deployment

pytestmark = pytest.mark.kubernetes
NAME = "shop"
INTERVAL_S = 1.0


def metric(port: int, name: str) -> dict[str, float]:
    """A gauge of the collector, by its label `kind`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        text = response.read().decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples if s.name == name]
    return {sample.labels.get("kind", ""): sample.value for sample in samples}


def test_both_gone_and_back(own_broker: DevelopmentBroker, own_cluster: DevelopmentCluster, tmp_path: Path) -> None:
    apply_topics(own_broker.bootstrap)
    declare(own_broker.bootstrap, NAME, containers=1)
    make_namespace(own_cluster, "ns")
    make_deployment(own_cluster.client, "ns", "web", 2)
    port = free_port()
    program = Program("collector", [
        "collect", "kubernetes", "--cluster", NAME, "--broker", own_broker.bootstrap,
        "--spool-dir", str(tmp_path / "spool"), "--kubeconfig", str(own_cluster.kubeconfig),
        "--interval", str(INTERVAL_S), "--http-port", str(port),
        "--kubelet-ca", str(own_cluster.data / "certificates" / "ca.crt"), "--elect", "off",
    ], tmp_path)  # fmt: skip
    program.start()
    wait_until("samples are taken", lambda: '"collecting"' in program.log.read_text())
    time.sleep(5 * INTERVAL_S)
    assert set(metric(port, "trimtab_collector_view_age_seconds").values()) == {0.0}
    own_broker.kill()
    time.sleep(4 * INTERVAL_S)
    own_cluster.kill_api_server()
    time.sleep(4 * INTERVAL_S)
    ages = metric(port, "trimtab_collector_view_age_seconds")
    assert ages["Pod"] > 2.0
    assert metric(port, "trimtab_collector_spool_messages")[""] > 5
    own_broker.restart()
    time.sleep(4 * INTERVAL_S)
    own_cluster.start_api_server()
    wait_until(
        "all is watched again", lambda: set(metric(port, "trimtab_collector_view_age_seconds").values()) == {0.0}
    )
    wait_until("all is sent", lambda: metric(port, "trimtab_collector_spool_messages")[""] <= 2)
    program.stop()
    assert program.exits[-1] == 0
    assert gaps_s(own_broker)[-1] < 3 * INTERVAL_S


def gaps_s(broker: DevelopmentBroker) -> list[float]:
    """Between samples that follow each other in the log of a slot, sorted; the log is in the order of time."""
    times: dict[int, list[float]] = defaultdict(list)
    for _, value, _ in log_of(broker.bootstrap, NAME):
        event = decode_event(value)
        if isinstance(event, Roster):
            continue
        if isinstance(event, Metrics) and event.memory_max[0] is not None:
            own = event.times_s[0] if event.times_s else None
            times[event.slot].append(own or event.time_s)
    for of_slot in times.values():
        assert of_slot == sorted(set(of_slot))
    return sorted(b - a for of_slot in times.values() for a, b in pairwise(of_slot))
