"""The recorded log folded offline: the truth that the decisions published must equal, and the material of the plots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import numpy as np

from engine.codec import encode
from engine.core.compute_units import in_cores, performance_of
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.forecast import forecast
from engine.core.forecast.state import HOUR
from engine.core.partition import PartitionFold, Record
from engine.core.state import SlotState
from engine.demo.trajectories import QUANTILES, Trajectories
from engine.messages import record_id


class Audit(msgspec.Struct, frozen=True):
    """Decisions and judgements published against the fold's, by id and byte for byte. `repeated`: more than once."""

    decisions_equal: bool
    missing: int
    extra: int
    different: int
    repeated: int


@dataclass(slots=True)
class Folded:
    """What the fold over a whole log says. `commanded_s`: event time reached when a command was given, by its id."""

    effects: Effects = field(default_factory=Effects)
    commanded_s: dict[str, float] = field(default_factory=dict)


def fold_log(records: Iterable[Record], partitions: int, context: Context, probe: Trajectories) -> Folded:
    """Folds records (each partition in its order), noting sizes and forecasts in `probe` after each bucket close."""
    folds: dict[int, PartitionFold] = {}
    folded = Folded()
    rows = {name: row for row, name in enumerate(probe.containers)}
    for record in records:
        if record.partition not in folds:
            folds[record.partition] = PartitionFold(record.partition, partitions, context)
        fold = folds[record.partition]
        before = fold.slots[record.key].closed if record.key in fold.slots else -1
        effects = fold.apply(record)
        folded.effects.extend(effects)
        state = fold.slots.get(record.key)
        if state is not None:
            folded.commanded_s.update((command.id, state.watermark_s) for command in effects.commands)
        if state is not None and state.closed > before:
            _note(probe, rows, state, before)
    return folded


def _note(probe: Trajectories, rows: dict[str, int], state: SlotState, before: int) -> None:
    """Sizes as they stand when buckets close, and the forecasts that were made on the hour.

    A container's very first forecast may be made between hours; no record is kept of it, here as in the engine.
    """
    index = np.array([rows[name] for name in state.containers if name in rows], dtype=np.int64)
    mine = np.array([name in rows for name in state.containers], dtype=np.bool_)
    closed = slice(max(0, before + 1 - probe.first), max(0, state.closed + 1 - probe.first))
    probe.request[index, closed] = state.placement.request[mine, None]
    probe.limit[index, closed] = state.placement.limit[mine, None]
    origin, ahead = state.forecast.origin[mine], state.forecast_ahead
    made = np.unique(origin[(origin > before + ahead) & (origin >= probe.first + ahead) & (origin % HOUR == 0)])
    if not len(made):
        return
    latest, performance = forecast(state.forecast), performance_of(state.placement, np.flatnonzero(mine))
    quantiles = np.stack([in_cores(getattr(latest, name)[mine], performance) for name in QUANTILES], axis=-1)
    for made_at in made:
        hour = probe.hour_of(int(made_at) - ahead)
        if hour < probe.quantiles.shape[1]:
            fresh = (origin == made_at)[:, :, None, None]
            probe.quantiles[index, hour] = np.where(fresh, quantiles, probe.quantiles[index, hour])


def compare(published: list[tuple[str, bytes]], folded: Effects) -> Audit:
    """`published`: ids and bytes in the order of the topic, repeats included."""
    truth = {record_id(said): encode(said) for said in folded.said}
    seen: dict[str, set[bytes]] = {}
    for identity, payload in published:
        seen.setdefault(identity, set()).add(payload)
    missing = len(truth.keys() - seen.keys())
    extra = len(seen.keys() - truth.keys())
    different = sum(versions != {truth[identity]} for identity, versions in seen.items() if identity in truth)
    repeated = len(published) - len(seen)
    return Audit(not (missing or extra or different), missing, extra, different, repeated)
