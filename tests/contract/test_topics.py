"""topics.yaml and how it is read. The broker's side of it is in tests/broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import messages
from engine.broker.reconcile import Difference, Observed, differences, relevant
from engine.errors import UserError
from engine.topics import Topic, byte_count, load_topics, milliseconds

TOPICS = load_topics()
ONE = "version: 1\na: {key: k, partitions: 2, cleanup: delete, schema: s, producer: p, consumer: c"


def test_the_topics_in_flow_order() -> None:
    assert [topic.name for topic in TOPICS.by_label.values()] == [
        "clusters", "events", "trimtab-engine-state-changelog", "decisions", "aggregates", "commands.<cluster>",
        "dead-letter",
    ]  # fmt: skip
    assert [topic.name for topic in TOPICS.of_cluster("shop")] == ["commands.shop"]
    assert "commands.<cluster>" not in [topic.name for topic in TOPICS.shared]


def test_schemas_that_are_messages_exist() -> None:
    schemas = [topic.schema for topic in TOPICS.by_label.values() if topic.schema.startswith("engine.messages.")]
    assert len(schemas) == 6
    assert all(hasattr(messages, schema.rpartition(".")[2]) for schema in schemas)


def test_settings_in_kafkas_words() -> None:
    assert TOPICS.by_label["events"].settings() == {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "604800000",
        "max.message.bytes": "4194304",
    }
    assert TOPICS.by_label["state"].settings()["cleanup.policy"] == "compact"


def test_units() -> None:
    assert [milliseconds(text) for text in ("5s", "2m", "1h", "7d")] == [5000, 120_000, 3_600_000, 604_800_000]
    assert [byte_count(text) for text in ("10", "2KiB", "4MiB", "1GiB")] == [10, 2048, 4_194_304, 1_073_741_824]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version: 2\n", "Expected `version: 1` at the top, got 2"),
        ("- a\n", "Expected `version: 1` at the top, got list"),
        ("a: [\n", "is not YAML"),
        (ONE.replace("2", "none") + "}", "Expected `int`, got `str` - at `$[...].partitions`"),
        (ONE.replace("2", "0") + "}", "Expected `int` >= 1 - at `$[...].partitions`"),
        (ONE + ", retention: 7 days}", "Expected `str` matching regex"),
        (ONE + ", retain: 7d}", "Object contains unknown field `retain`"),
        (ONE + ", same_partitions_as: b}", "Expected a topic of this file, got `b` - at `$.a.same_partitions_as`"),
        (ONE + "}\nb" + ONE.removeprefix("version: 1\na") + ", name: a}", "Expected each topic once, got `a` twice"),
        (
            ONE + "}\nb" + ONE.removeprefix("version: 1\na").replace("2", "3") + ", same_partitions_as: a}",
            "Expected 2 as in `a`, got 3 - at `$.b.partitions`",
        ),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_topics(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        load_topics(tmp_path / "none.yaml")


def topic(**otherwise: object) -> Topic:
    plain: dict[str, object] = {"name": "a", "key": "k", "partitions": 4, "cleanup": "delete", "retention": "1h"}
    return Topic(**{**plain, "schema": "s", "producer": "p", "consumer": "c", **otherwise})  # type: ignore[arg-type]


def found(declared: Topic, partitions: int = 4, **settings: str) -> list[tuple[str, str]]:
    """What is otherwise and what is done about it, for a topic that is as `topic()` but for what is given."""
    usual = {"cleanup.policy": "delete", "retention.ms": "3600000", "message.timestamp.type": "CreateTime"}
    there = Observed(partitions, usual | {name.replace("_", "."): value for name, value in settings.items()})
    return [(difference.what, difference.remedy) for difference in differences([declared], {"a": there})]


def test_what_may_be_done_about_a_difference() -> None:
    assert found(topic()) == []
    assert found(topic(), partitions=3) == [("partitions", "add partitions")]
    assert found(topic(), partitions=5) == [("partitions", "left")]
    assert found(topic(partition_by="f"), partitions=3) == [("partitions", "left")]
    assert found(topic(), retention_ms="1000") == [("retention.ms", "alter")]
    assert found(topic(), retention_ms="3600001") == [("retention.ms", "left")]
    assert found(topic(), retention_ms="-1") == [("retention.ms", "left")]
    assert found(topic(max_message="2KiB"), max_message_bytes="2047") == [("max.message.bytes", "alter")]
    assert found(topic(max_message="2KiB"), max_message_bytes="2049") == [("max.message.bytes", "left")]
    assert found(topic(), cleanup_policy="compact") == [("cleanup.policy", "left")]
    assert found(topic(timestamps="LogAppendTime")) == [("message.timestamp.type", "alter")]


def test_a_missing_topic_is_made_whole() -> None:
    [missing] = differences([topic()], {})
    assert missing == Difference("a", "topic", "4 partitions, delete", "", "create", "", 4, topic().settings())


def test_the_changelog_gets_as_many_partitions_as_events_have() -> None:
    observed = {"events": Observed(5, {}), "commands.shop": Observed(1, {}), "commands.Shop": Observed(1, {})}
    compared = {topic.name: topic.partitions for topic in relevant(TOPICS, observed)}
    assert compared["events"] == 12
    assert compared["trimtab-engine-state-changelog"] == 5
    assert "commands.shop" in compared
    assert "commands.Shop" not in compared
