"""The topics that trimtab needs, as `topics.yaml` declares them: each once, in the order in which data flows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from engine.errors import UserError

FILE_VERSION: Final = 1
_UNITS_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_UNITS_BYTES: Final = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_PLACE: Final = "<cluster>"

# A compacted topic is read whole at every start: compact soon, and in segments small enough to be closed soon.
_PROMPT_COMPACTION: Final = {"min.cleanable.dirty.ratio": "0.1", "segment.ms": "600000", "segment.bytes": "67108864"}

Duration = Annotated[str, Meta(pattern=r"^[1-9][0-9]*(s|m|h|d)$")]
Amount = Annotated[str, Meta(pattern=r"^[1-9][0-9]*(|KiB|MiB|GiB)$")]


class Topic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic. `partition_by` names the function that places a key, where it is not Kafka's own."""

    name: str = ""
    key: str
    partitions: Annotated[int, Meta(ge=1)]
    cleanup: Literal["delete", "compact"]
    retention: Duration | None = None
    max_message: Amount | None = None
    timestamps: Literal["CreateTime", "LogAppendTime"] = "CreateTime"
    partition_by: str | None = None
    same_partitions_as: str | None = None
    schema: str
    producer: str
    consumer: str

    @property
    def per_cluster(self) -> bool:
        return _PLACE in self.name

    @property
    def partitions_are_fixed(self) -> bool:
        """Its own function places the keys: with other partitions, what is there could not be found again."""
        return self.partition_by is not None

    def settings(self) -> dict[str, str]:
        """The settings of the topic in Kafka's words."""
        settings: dict[str, str] = {"cleanup.policy": self.cleanup, "message.timestamp.type": self.timestamps}
        if self.retention is not None:
            settings["retention.ms"] = str(milliseconds(self.retention))
        if self.max_message is not None:
            settings["max.message.bytes"] = str(byte_count(self.max_message))
        return settings | (_PROMPT_COMPACTION if self.cleanup == "compact" else {})

    def for_cluster(self, cluster: str) -> Topic:
        """This topic for one cluster; itself when there is one for all."""
        return msgspec.structs.replace(self, name=self.name.replace(_PLACE, cluster))

    def matches(self, name: str) -> bool:
        """`name` is this topic, or that of some cluster."""
        pattern = re.escape(self.name).replace(re.escape(_PLACE), "[a-z0-9-]+")
        return re.fullmatch(pattern, name) is not None


class Topics(Struct, frozen=True):
    """All topics by their label in the file, in flow order."""

    by_label: dict[str, Topic]

    @property
    def shared(self) -> list[Topic]:
        """Those that there are once, whatever the clusters."""
        return [topic for topic in self.by_label.values() if not topic.per_cluster]

    def of_cluster(self, cluster: str) -> list[Topic]:
        """Those that a cluster has for itself."""
        return [topic.for_cluster(cluster) for topic in self.by_label.values() if topic.per_cluster]


def load_topics(path: Path | None = None) -> Topics:
    """Reads `topics.yaml` (by default the one that comes with trimtab). Raises UserError in one sentence."""
    source = path or _packaged()
    try:
        content = yaml.safe_load(source.read_text())
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{source} is not YAML: {' '.join(str(error).split())}") from error
    try:
        return _parse(content)
    except (msgspec.ValidationError, ValueError) as error:
        raise UserError(f"{source}: {error}") from error


def milliseconds(duration: str) -> int:
    """`7d` in milliseconds."""
    return int(duration[:-1]) * _UNITS_MS[duration[-1]]


def byte_count(amount: str) -> int:
    """`4MiB` in bytes."""
    digits = amount.rstrip("KMGiB")
    return int(digits) * _UNITS_BYTES[amount[len(digits) :]]


def _packaged() -> Path:
    """In an installed wheel beside this file; in a checkout at the top."""
    here = Path(__file__).resolve()
    beside = here.with_name("topics.yaml")
    return beside if beside.exists() else here.parents[1] / "topics.yaml"


def _parse(content: object) -> Topics:
    if not isinstance(content, dict) or content.get("version") != FILE_VERSION:
        found = content.get("version") if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"Expected `version: {FILE_VERSION}` at the top, got {found}")
    declared = {str(label): body for label, body in content.items() if label != "version"}
    parsed = msgspec.convert(declared, dict[str, Topic])
    named = {label: msgspec.structs.replace(topic, name=topic.name or label) for label, topic in parsed.items()}
    _check(named)
    return Topics(named)


def _check(topics: dict[str, Topic]) -> None:
    names = [topic.name for topic in topics.values()]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"Expected each topic once, got `{min(twice)}` twice")
    for label, topic in topics.items():
        other = topic.same_partitions_as
        if other is not None and other not in topics:
            raise ValueError(f"Expected a topic of this file, got `{other}` - at `$.{label}.same_partitions_as`")
        if other is not None and topics[other].partitions != topic.partitions:
            wanted = topics[other].partitions
            raise ValueError(f"Expected {wanted} as in `{other}`, got {topic.partitions} - at `$.{label}.partitions`")
