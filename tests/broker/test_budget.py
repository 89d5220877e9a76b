"""`trimtab budget --broker` reads what collector and engine have written."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from engine.broker.development import DevelopmentBroker
from engine.broker.records import Outgoing, publish
from engine.catalogue import load_prices
from engine.cli.budget import budget
from engine.codec import encode
from engine.errors import UserError
from engine.identity import partition_of, slot_of
from engine.messages import AnyEvent, Cluster, Size
from engine.units import GIB
from tests.broker.test_clusters import PARTITIONS
from tests.brokers import apply_topics, declare
from tests.budget.test_live import JOB, WEB, T, decision
from tests.core.build import metrics, roster

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as started:
        apply_topics(started.bootstrap)
        yield started.bootstrap


def outgoing(cluster: Cluster, event: AnyEvent, slot: int) -> Outgoing:
    event = replace(event, slot=slot)
    return Outgoing("events", partition_of(cluster.name, slot, PARTITIONS), f"{cluster.name}/{slot}", encode(event))


def test_what_is_written_is_read(bootstrap: str) -> None:
    cluster = declare(bootstrap, "shop", 400)
    now = time.time()
    records = []
    for spec in (WEB, JOB):
        slot = slot_of(spec.namespace, spec.workload, cluster.slots)
        events = (roster(now, [spec]), metrics(now, [spec], [0.5], [GIB]))
        records += [outgoing(cluster, event, slot) for event in events]
    wanted = decision("shop/web/app", "resize_down", "demand_below_request", Size(0.6, None, GIB))
    publish(bootstrap, [*records, Outgoing("decisions", 3, "shop/shop/web/app", encode(wanted))])
    result = CliRunner().invoke(budget, ["--broker", bootstrap, "--cluster", "shop"], env={"COLUMNS": "140"})
    assert result.exception is None, result.exception
    assert "No CPU request set: 1\n  ops/job/app: uses 500m (p95), 500m at most" in result.stdout
    [line] = [line for line in result.stdout.splitlines() if "shop/web/app" in line and "CPU" in line]
    saving = 3 * 0.4 * 730 * load_prices()["m5.large"][0]
    assert " ".join(line.split()[2:]) == f"3.00 not set 1.50 1.50 1.50 1.50 50% 1.80 {saving:.2f}"


def test_a_cluster_that_is_not_declared(bootstrap: str) -> None:
    error = CliRunner().invoke(budget, ["--broker", bootstrap, "--cluster", "none"]).exception
    assert isinstance(error, UserError)
    assert "cluster none is not declared" in str(error)


def test_a_replay_counts_by_its_own_clock(bootstrap: str) -> None:
    cluster = declare(bootstrap, "mill", 10, clock="replay")
    events = (roster(T, [WEB]), metrics(T, [WEB], [9.0], [GIB]), metrics(T + 90_000, [WEB], [0.5], [GIB]))
    publish(bootstrap, [outgoing(cluster, replace(event, cluster="mill"), 0) for event in events])
    result = CliRunner().invoke(budget, ["--broker", bootstrap, "--cluster", "mill"], env={"COLUMNS": "140"})
    assert result.exception is None, result.exception
    [line] = [line for line in result.stdout.splitlines() if "shop/web/app" in line and "CPU" in line]
    assert line.split()[5:8] == ["1.50", "1.50", "1.50"], "what was used a day and an hour before is out"
    assert "from 2001-09-10 02:50 to 2001-09-10 02:55 UTC" in result.stdout
