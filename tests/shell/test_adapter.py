"""The private names that the adapter leans on exist, with the shape that it expects. A new version must pass here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.sender import Sender, SendProduceReqHandler
from faust.app import App
from faust.stores import memory
from faust.tables.base import Collection
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver

from engine.settings import load
from engine.shell import adapter
from engine.shell.app import make_engine
from engine.shell.settings import EngineSettings

NAMES: list[tuple[Callable[..., Any], list[str]]] = [
    (driver.AIOKafkaConsumerThread._create_worker_consumer, ["self", "transport"]),
    (
        driver.AIOKafkaConsumerThread._fetch_records,
        ["self", "consumer", "active_partitions", "timeout", "max_records"],
    ),
    (driver.AIOKafkaConsumerThread.on_start, ["self"]),
    (driver.Consumer._new_consumer_thread, ["self"]),
    (driver.Consumer.verify_event_path, ["self", "now", "tp"]),
    (driver.Producer._new_producer, ["self", "transactional_id"]),
    (driver.Producer._ensure_producer, ["self"]),
    (
        AIOKafkaProducer._partition,
        ["self", "topic", "partition", "key", "value", "serialized_key", "serialized_value"],
    ),
    (AIOKafkaProducer.send_batch, ["self", "batch", "topic", "partition"]),
    (BatchBuilder.append, ["self", "timestamp", "key", "value", "headers"]),
    (AIOKafkaClient._wait_on_metadata, ["self", "topic"]),
    (Consumer.on_partitions_revoked, ["self", "revoked"]),
    (Consumer.resume_partitions, ["self", "tps"]),
    (Consumer.resume_flow, ["self"]),
    (Consumer._commit, ["self", "offsets"]),
    (Collection._new_store, ["self"]),
    (memory.Store.apply_changelog_batch, ["self", "batch", "to_key", "to_value"]),
    (memory.Store.persisted_offset, ["self", "tp"]),
    (memory.Store.on_recovery_completed, ["self", "active_tps", "standby_tps"]),
    (GroupCoordinator._send_req, ["self", "request"]),
    (AIOKafkaClient.send, ["self", "node_id", "request", "group"]),
    (AIOKafkaClient.ready, ["self", "node_id", "group"]),
]


@pytest.mark.parametrize(("function", "parameters"), NAMES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_private_names_are_as_expected(function: Callable[..., Any], parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters


def test_versions_are_the_ones_that_were_read() -> None:
    assert version("faust-streaming").startswith("0.15.")
    assert version("aiokafka").startswith("0.14.")


def source(thing: Any) -> str:
    return inspect.getsource(thing)


def test_the_places_where_the_adapter_hooks_in_are_still_used() -> None:
    assert "self._coordinator = GroupCoordinator(" in source(AIOKafkaConsumer.start)
    assert "self._fetch_max_wait_ms" in source(AIOKafkaConsumer.start), "read when the consumer starts"
    assert "self._fetch_max_bytes" in source(AIOKafkaConsumer.start), "read when the consumer starts"
    assert "self._send_req(request)" in source(GroupCoordinator._do_heartbeat)
    assert "self._client.send(node_id, request)" in source(SendProduceReqHandler.do)
    assert "self._client = sender.client" in source(SendProduceReqHandler.__init__)
    assert "self.client = client" in source(Sender.__init__)
    assert "self.client" in source(AIOKafkaProducer.__init__)
    assert "transport.create_producer" in source(App._new_producer)
    assert "self._max_partition_fetch_bytes" in source(Fetcher._get_actions_per_node)


def test_a_recovery_ends_with_seek_then_clear_then_resume() -> None:
    text = source(Recovery.on_recovery_completed)
    order = ["resume_partitions(", "perform_seek()", "flow_control.resume()", "resume_flow()"]
    found = [text.index(step) for step in order]
    assert found == sorted(found), "EngineConsumer.resume_flow relies on this order"


def test_the_engine_is_wired_without_a_broker(tmp_path: Path) -> None:
    engine = make_engine(load(EngineSettings, {"data_dir": tmp_path}), partitions=4)
    app = engine.app
    assert app.conf.id == "trimtab-engine"
    assert isinstance(app.transport, adapter.EngineTransport)
    assert list(app.tables) == ["state"]
    assert app.tables.changelog_topics == {"trimtab-engine-state-changelog"}
    assert isinstance(app.tables["state"].data, adapter.RowStore)
    assert app.tables["state"].data.persisted_offset(None) == -1
    assert app.conf.broker_consumer[0].host == "127.0.0.1"


def test_a_worker_consumes_raw_bytes_and_commits_by_hand(tmp_path: Path) -> None:
    conf = make_engine(load(EngineSettings, {"data_dir": tmp_path}), partitions=4).app.conf
    assert conf.value_serializer == conf.key_serializer == "raw"
    assert (conf.table_standby_replicas, conf.stream_wait_empty, conf.topic_allow_declare) == (0, False, False)
