"""The audit: what was published against a fold over the recorded log."""

from __future__ import annotations

import math

import numpy as np

from engine.codec import decode_event, encode, roster_hash
from engine.core.context import Context
from engine.core.effects import Effects
from engine.core.partition import Record
from engine.demo.audit import Audit, Folded, compare, fold_log
from engine.demo.trajectories import LEAD_4H, P50, Trajectories
from engine.demo.usage import note_usage, span
from engine.identity import partition_of
from engine.messages import AnyEvent, ContainerSpec, Control, Declare, Metrics, Roster, Size, record_id

PARTITIONS = 12
HOURS = 8
SPECS = [
    ContainerSpec(namespace="team-a", workload=w, container="app", size=Size(2.0, 4.0, 2.0**30, 2.0**31))
    for w in ("x", "y")
]


def log() -> list[Record]:
    """Eight hours of two containers, every five minutes, in one slot."""
    declare = Control(cluster="shop", slot=0, sent_s=0.0, body=Declare(slots=1, clock="replay"))
    roster = Roster(cluster="shop", slot=0, sent_s=0.0, roster=roster_hash(SPECS), time_s=0.0, containers=SPECS)
    events: list[AnyEvent] = [declare, roster]
    for bucket in range(HOURS * 12):
        time_s = bucket * 300.0
        cpu: list[float | None] = [0.3 + 0.1 * math.sin(bucket / 9), 0.2 + (bucket % 5) / 50]
        memory: list[float | None] = [3e8, None]
        about = {"cluster": "shop", "slot": 0, "sent_s": time_s, "roster": roster.roster, "time_s": time_s}
        events.append(Metrics(cpu_max=cpu, memory_max=memory, **about))  # type: ignore[arg-type]
    partition = partition_of("shop", 0, PARTITIONS)
    return [Record(partition, offset, "shop/0", encode(event), 0.0) for offset, event in enumerate(events)]


def folded() -> tuple[Folded, Trajectories]:
    records = log()
    events = [decode_event(record.value) for record in records]
    run = Trajectories.empty(*span(events))
    note_usage(events, run)
    return fold_log(records, PARTITIONS, Context(), run), run


def published(effects: Effects) -> list[tuple[str, bytes]]:
    return [(record_id(said), encode(said)) for said in effects.said]


def test_the_same_decisions_are_equal_also_when_some_were_sent_twice() -> None:
    effects = folded()[0].effects
    once = published(effects)
    assert len(once) >= 2
    assert compare(once, effects) == Audit(True, 0, 0, 0, 0)
    assert compare([*once, once[0]], effects) == Audit(True, 0, 0, 0, 1)


def test_each_kind_of_difference_is_counted() -> None:
    effects = folded()[0].effects
    once = published(effects)
    changed = (once[0][0], once[0][1].replace(b'"slot":0', b'"slot":1'))
    assert compare(once[1:], effects) == Audit(False, 1, 0, 0, 0)
    assert compare([*once, ("unknown", b"{}")], effects) == Audit(False, 0, 1, 0, 0)
    assert compare([changed, *once[1:]], effects) == Audit(False, 0, 0, 1, 0)
    assert compare([*once, changed], effects) == Audit(False, 0, 0, 1, 1)


def test_the_fold_leaves_sizes_and_forecasts_for_the_plots() -> None:
    _, run = folded()
    assert run.containers == ["shop/team-a/x/app", "shop/team-a/y/app"]
    assert (run.request[:, 5:80, 0] == 2.0).all()
    assert (run.limit[:, 5:80, 1] == 2.0**31).all()
    quantiles, actual, _ = run.at_targets(LEAD_4H)
    made = ~np.isnan(quantiles[0, :, 0, P50])
    assert made.sum() >= HOURS - 3  # on the hour, from the first hours on
    assert (~np.isnan(actual[0, :, 0])).sum() >= HOURS - 5
    assert np.isnan(quantiles[1, :, 1]).all()  # no memory was ever seen of y


def test_forecasts_are_in_cores_and_bytes_and_only_those_made_on_the_hour() -> None:
    _, run = folded()
    quantiles, _, _ = run.at_targets(LEAD_4H)
    assert np.isnan(quantiles[:, run.origins < 12]).all()  # the first is made at the third bucket: between hours
    made = quantiles[0, run.origins >= 12][:-1]
    assert ((made[:, 0, P50] > 0.19) & (made[:, 0, P50] < 0.41)).all()
    np.testing.assert_allclose(made[:, 1, P50], 3e8, rtol=1e-3)
