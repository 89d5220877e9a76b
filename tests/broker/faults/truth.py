"""The truth of a run: the pure fold, offline, over the log that was recorded in it; and what must be equal to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from engine.codec import decode_aggregate, decode_command, decode_dead_letter, decode_decision, encode
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.partition import PartitionFold, Record
from engine.identity import workload_id
from engine.messages import Aggregate, Command, DeadLetter, Decision, Judgement, record_id
from tests.broker.faults.recorded import Stored


@dataclass(frozen=True, slots=True)
class Truth:
    """What the log says. Messages by id, encoded; `rows` are the snapshots of all slots at the end of the log."""

    decisions: dict[str, bytes]
    """Judgements among them, by `record_id`."""
    aggregates: dict[str, bytes]
    commands: dict[str, bytes]
    dead_letters: dict[str, bytes]
    rows: dict[str, bytes]
    counters: Counter[str]
    samples_dead: int
    """Samples lost with dead letters, as the dead letters say."""


def fold_log(log: Sequence[Stored], partitions: int, context: Context) -> Truth:
    """Folds the records of `events` partition by partition."""
    folds = [PartitionFold(partition, partitions, context) for partition in range(partitions)]
    effects = Effects()
    for stored in log:
        effects.extend(folds[stored.partition].apply(as_record(stored)))
    slots = [(fold, key) for fold in folds for key in fold.slots]
    counters: Counter[str] = Counter()
    for fold, key in slots:
        counters.update(fold.slots[key].counters)
    return Truth(
        decisions=_by_id(effects.said),
        aggregates={_aggregate_id(one): encode(one) for one in effects.aggregates},
        commands=_by_id(effects.commands),
        dead_letters=_by_id(effects.dead_letters),
        rows={key: fold.snapshot(key) for fold, key in slots},
        counters=counters,
        samples_dead=sum(letter.samples for letter in effects.dead_letters),
    )


def as_record(stored: Stored) -> Record:
    """As the engine reads it: an absent key or value is an empty one."""
    key = (stored.key or b"").decode(errors="replace")
    return Record(stored.partition, stored.offset, key, stored.value or b"", stored.appended_s)


def _by_id(messages: Iterable[Struct]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for message in messages:
        id_ = _id_of(message)
        assert id_ not in found, f"the fold itself made {id_} twice:\n{found[id_]!r}\n{encode(message)!r}"
        found[id_] = encode(message)
    return found


def _id_of(message: Struct) -> str:
    if isinstance(message, Decision | Judgement):
        return record_id(message)
    id_: str = message.id  # type: ignore[attr-defined]
    return id_


def _aggregate_id(aggregate: Aggregate) -> str:
    return f"{workload_id(aggregate.cluster, aggregate.namespace, aggregate.workload)}@{aggregate.hour_s:.0f}"


def aggregates_of(stored: Iterable[Stored]) -> list[tuple[str, bytes]]:
    """Ids and bytes of the records of `aggregates`; each must be keyed by its workload."""
    found = [(record, decode_aggregate(record.value or b"")) for record in stored]
    assert all(record.key == _aggregate_id(one).partition("@")[0].encode() for record, one in found)
    return [(_aggregate_id(one), record.value or b"") for record, one in found]


def decisions_of(stored: Iterable[Stored]) -> list[tuple[str, bytes]]:
    """Ids and bytes of the records of `decisions`; each must be keyed by its container."""
    return [_keyed(record, decode_decision(record.value or b"")) for record in stored]


def commands_of(stored: Iterable[Stored]) -> list[tuple[str, bytes]]:
    """The same of `commands.<cluster>`; freezes have no id and are passed over."""
    decoded = [(record, decode_command(record.value or b"")) for record in stored]
    return [_keyed(record, command) for record, command in decoded if isinstance(command, Command)]


def _keyed(record: Stored, message: Struct) -> tuple[str, bytes]:
    container: str = message.container  # type: ignore[attr-defined]
    assert record.key == container.encode(), f"keyed {record.key!r}: {record.value!r}"
    assert record.value is not None
    return _id_of(message), record.value


def dead_letters_of(stored: Iterable[Stored], topic: str = "events") -> list[tuple[str, bytes]]:
    """Ids and bytes of dead letters of one topic's messages."""
    letters: list[tuple[DeadLetter, bytes]] = [(decode_dead_letter(r.value or b""), r.value or b"") for r in stored]
    return [(letter.id, value) for letter, value in letters if letter.topic == topic]


def assert_published(what: str, published: Sequence[tuple[str, bytes]], truth: dict[str, bytes]) -> list[str]:
    """Each of the truth was published, nothing else was, and all of it bit for bit. Returns the ids of repeats."""
    times = Counter(id_ for id_, _ in published)
    missing, extra = truth.keys() - times.keys(), times.keys() - truth.keys()
    different = {id_: (value, truth[id_]) for id_, value in published if id_ in truth and value != truth[id_]}
    counts = f"{len(truth)} in the fold, {len(times)} published"
    assert not missing, f"{what}: {len(missing)} were never published ({counts}), such as {truth[min(missing)]!r}"
    extras = [value for id_, value in published if id_ in extra]
    assert not extra, f"{what}: {len(extra)} are not the fold's ({counts}), such as {extras[0]!r}"
    assert not different, f"{what}: {len(different)} differ, such as (published, fold): {min(different.items())}"
    return [id_ for id_, count in times.items() if count > 1]


def last_rows(changelog: Iterable[Stored]) -> dict[str, bytes]:
    """Last row of each key, in the order of offsets (a key lives in one partition)."""
    return {(record.key or b"").decode(): record.value for record in changelog if record.value is not None}
