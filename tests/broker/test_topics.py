"""topics.yaml against a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from engine.broker import admin
from engine.broker.development import DevelopmentBroker
from engine.broker.reconcile import Difference
from engine.cli.topics import topics
from engine.topics import Topics, load_topics
from tests.brokers import apply_topics, declare, until

pytestmark = pytest.mark.broker

CHANGELOG = "trimtab-engine-state-changelog"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One broker for the tests of this file: they need the fixed names."""
    with DevelopmentBroker(tmp_path_factory.mktemp("kafka")) as started:
        yield started.bootstrap


@pytest.fixture
def client(fresh: str) -> Iterator[AdminClient]:
    """The broker without any of our topics."""
    client = AdminClient({"bootstrap.servers": fresh})
    yield client
    for answer in client.delete_topics(list(admin.observe(client))).values():
        answer.result()
    until(lambda: not admin.observe(client))


@pytest.fixture
def declared() -> Topics:
    return load_topics()


def test_apply_makes_what_is_missing_and_then_has_nothing_to_do(client: AdminClient, declared: Topics) -> None:
    missing = [difference.topic for difference in admin.diff(client, declared)]
    assert missing == ["clusters", "events", CHANGELOG, "decisions", "aggregates", "dead-letter"]
    first = admin.apply(client, declared)
    assert [d.remedy for d in first.done] == ["create"] * 6
    assert admin.apply(client, declared) == admin.Applied([], [])
    events = admin.observe(client)["events"]
    assert events.partitions == 12
    assert events.settings["retention.ms"] == str(7 * 24 * 3_600_000)
    assert events.settings["max.message.bytes"] == str(4 * 2**20)
    assert events.settings["message.timestamp.type"] == "LogAppendTime"
    assert admin.observe(client)[CHANGELOG].settings["cleanup.policy"] == "compact"


def test_apply_mends_what_is_otherwise(client: AdminClient, declared: Topics) -> None:
    apply_topics_with(client, declared)
    alter(client, "decisions", {"retention.ms": "1000"})
    alter(client, "events", {"max.message.bytes": "1000", "message.timestamp.type": "CreateTime"})
    wanted = [("events", "message.timestamp.type"), ("events", "max.message.bytes"), ("decisions", "retention.ms")]
    assert [(d.topic, d.what) for d in admin.apply(client, declared).done] == wanted
    assert admin.diff(client, declared) == []


def test_apply_adds_partitions_where_keys_find_their_way(client: AdminClient, declared: Topics) -> None:
    create(client, "decisions", 3)
    assert ("decisions", "partitions", "add partitions") in kinds(admin.apply(client, declared).done)
    assert admin.observe(client)["decisions"].partitions == 12


def test_apply_never_shrinks_and_never_deletes(client: AdminClient, declared: Topics) -> None:
    create(client, "decisions", 24, {"retention.ms": "-1"})
    create(client, "clusters", 1, {"cleanup.policy": "delete"})
    left = kinds(admin.apply(client, declared).left)
    assert ("decisions", "partitions", "left") in left
    assert ("decisions", "retention.ms", "left") in left
    assert ("clusters", "cleanup.policy", "left") in left
    assert admin.observe(client)["decisions"].partitions == 24
    assert admin.observe(client)["decisions"].settings["retention.ms"] == "-1"


def test_partitions_of_events_are_left_and_the_changelog_follows_them(client: AdminClient, declared: Topics) -> None:
    create(client, "events", 5, {"max.message.bytes": "1000000"})
    left = kinds(admin.apply(client, declared).left)
    assert left == [("events", "partitions", "left")]
    found = admin.observe(client)
    assert (found["events"].partitions, found[CHANGELOG].partitions) == (5, 5)


def test_topics_of_clusters_are_compared_too(fresh: str, client: AdminClient, declared: Topics) -> None:
    apply_topics(fresh)
    declare(fresh, "shop")
    assert admin.diff(client, declared) == []
    alter(client, "commands.shop", {"retention.ms": "1000"})
    assert kinds(admin.apply(client, declared).done) == [("commands.shop", "retention.ms", "alter")]


def test_exit_codes_of_the_commands(fresh: str, client: AdminClient, tmp_path: Path) -> None:
    def run(*arguments: str) -> int:
        result = CliRunner().invoke(topics, [*arguments, "--broker", fresh], standalone_mode=False)
        assert result.exception is None, result.output
        return int(result.return_value)

    assert run("diff") == 1
    assert run("apply") == 0
    assert run("diff") == 0
    assert run("apply") == 0
    longer = tmp_path / "topics.yaml"
    longer.write_text(Path("topics.yaml").read_text().replace("retention: 30d", "retention: 1d"))
    assert run("apply", "--file", str(longer)) == 1


def apply_topics_with(client: AdminClient, declared: Topics) -> None:
    assert admin.apply(client, declared).left == []


def create(client: AdminClient, name: str, partitions: int, settings: dict[str, str] | None = None) -> None:
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=settings or {})
    client.create_topics([topic])[name].result()
    until(lambda: name in admin.observe(client))


def alter(client: AdminClient, name: str, settings: dict[str, str]) -> None:
    entries = [ConfigEntry(n, v, incremental_operation=AlterConfigOpType.SET) for n, v in settings.items()]
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
    client.incremental_alter_configs([resource])[resource].result()
    until(lambda: all(admin.observe(client)[name].settings[n] == v for n, v in settings.items()))


def kinds(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(d.topic, d.what, d.remedy) for d in found]
