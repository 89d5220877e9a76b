"""`trimtab accuracy` from a topic to what people read. The broker is the one that librdkafka carries for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer

from engine.cli.accuracy import accuracy
from engine.codec import encode
from engine.errors import UserError
from engine.identity import workload_id
from engine.messages import Aggregate, Cluster
from tests.accuracy.test_totals import hour


@pytest.fixture
def broker() -> Iterator[str]:
    """Addresses of a broker that lives as long as this producer; `shop` and `mill` are declared, shop has hours."""
    producer = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
    [metadata] = producer.list_topics(timeout=10).brokers.values()
    for name in ("shop", "mill"):
        producer.produce("clusters", encode(Cluster(name=name, slots=1, declared_s=0.0)), name.encode(), 0)
    for one in (hour(0), hour(1), hour(1), hour(1, "pay", "api", judged=0, right=0)):
        producer.produce("aggregates", encode(one), key_of(one))
    assert producer.flush(10) == 0
    yield f"{metadata.host}:{metadata.port}"
    producer.flush(1)


def key_of(one: Aggregate) -> bytes:
    return workload_id(one.cluster, one.namespace, one.workload).encode()


def called(*arguments: str) -> Result:
    return CliRunner().invoke(accuracy, arguments, env={"COLUMNS": "80"})


def test_the_table_has_each_hour_once(broker: str) -> None:
    result = called("--cluster", "shop", "--broker", broker)
    assert result.exception is None, result.exception
    cells = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert ["api/pay", "3", "0", "0", "–", "0.50", "0.25", "3"] in cells
    assert ["web/cart", "6", "4", "2", "50.0", "%", "1.00", "0.50", "6"] in cells
    assert ["all", "9", "4", "2", "50.0", "%", "1.50", "0.75", "9"] in cells


def test_json_by_namespace(broker: str) -> None:
    result = called("--cluster", "shop", "--broker", broker, "--by", "namespace", "--days", "0.05", "-o", "json")
    assert result.exception is None, result.exception
    found = json.loads(result.stdout)
    assert [(row["name"], row["decisions"]) for row in found["rows"]] == [("api", 3), ("web", 3)]
    assert (found["from_s"], found["to_s"], found["total"]["accuracy"]) == (3600.0, 7200.0, 0.5)


def test_a_cluster_without_an_hour_says_so(broker: str) -> None:
    assert "no hour of mill was told yet" in called("--cluster", "mill", "--broker", broker).stdout


def test_an_undeclared_cluster_is_one_sentence(broker: str) -> None:
    error = called("--cluster", "nowhere", "--broker", broker).exception
    assert isinstance(error, UserError)
    assert "cluster nowhere is not declared (declared: mill, shop)" in str(error)
