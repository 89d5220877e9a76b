"""A trace through the fold: each series is a container of one slot, whose commands are applied at once.

Auto-pilot is full, every change is in place and succeeds. A command that a sample gave rise to holds for the samples
after it, never for that sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from engine.catalogue import load_prices
from engine.codec import encode, roster_hash
from engine.core.context import Context, TimeRules
from engine.core.decide import SizingParameters
from engine.core.partition import PartitionFold, Record
from engine.identity import partition_of, slot_key
from engine.messages import (
    AnyEvent,
    Autopilot,
    Command,
    ContainerSpec,
    Control,
    Declare,
    Metrics,
    Outcome,
    Roster,
    Size,
)
from engine.simulate.trajectory import Trajectory
from engine.traces import Floats, Series
from engine.units import BUCKET_S, GIB

CLUSTER: Final = "simulated"
SCALED_TO: Final = (3.0, 8.0 * GIB)
"""What the 99.9th percentile of a series becomes, in cores and bytes, so that absolute floors do not decide."""
NODE_TYPE: Final = "m5.large"
"""At whose prices."""
AFTER_S: Final = 1.0
"""A change holds from so long after the sample that it rests on: samples of one time are not changed by themselves."""
ROSTER_S: Final = 600.0


def scale_of(series: Series) -> Floats:
    """[2] what a series is multiplied by; 1 without a positive amount."""
    factor = np.ones(2)
    for resource, wanted in enumerate(SCALED_TO):
        used = series.value[:, resource]
        high = np.quantile(used[~np.isnan(used)], 0.999) if (~np.isnan(used)).any() else 0.0
        factor[resource] = wanted / high if high > 0 else 1.0
    return factor


class _Slot:
    """The fold, and the cluster that obeys it."""

    def __init__(self, count: int, context: Context) -> None:
        self._fold = PartitionFold(0, 1, context)
        self._offset = 0
        names = [f"s{number}" for number in range(count)]
        self.specs = [ContainerSpec(namespace="trace", workload=name, container="c", assumed=True) for name in names]
        self._row = {f"{CLUSTER}/trace/{name}/c": row for row, name in enumerate(names)}
        self._roster_s, self._current = -np.inf, False
        self.changed: list[tuple[int, Size]] = []
        self.send(Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Declare(slots=1, clock="replay")))
        self.send(Control(cluster=CLUSTER, slot=0, sent_s=0.0, body=Autopilot(stage="full")))

    def send(self, event: AnyEvent) -> None:
        record = Record(partition_of(CLUSTER, 0, 1), self._offset, slot_key(CLUSTER, 0), encode(event), 0.0)
        self._offset += 1
        effects = self._fold.apply(record)
        assert not effects.dead_letters, effects.dead_letters[0].detail
        for command in effects.commands:
            self._obey(command, event.sent_s)

    def tell(self, time_s: float) -> None:
        """The roster, when it has changed or is due; it may close a bucket, which may change it again."""
        while not self._current or time_s - self._roster_s >= ROSTER_S:
            self._roster_s, self._current = time_s, True
            name, containers = roster_hash(self.specs), list(self.specs)
            self.send(Roster(cluster=CLUSTER, slot=0, sent_s=time_s, time_s=time_s, roster=name, containers=containers))

    def _obey(self, command: Command, time_s: float) -> None:
        row = self._row[command.container]
        spec = self.specs[row]
        self.specs[row] = ContainerSpec(
            namespace=spec.namespace, workload=spec.workload, container=spec.container, size=command.target
        )
        self.changed.append((row, command.target))
        self._current = False
        self.send(applied(command, time_s))


def applied(command: Command, time_s: float) -> Outcome:
    """What an executor says that has carried the command out at once."""
    return Outcome(
        cluster=command.cluster,
        slot=command.slot,
        sent_s=time_s,
        time_s=time_s,
        container=command.container,
        command_id=command.id,
        status="applied",
        size=command.target,
    )


def context_of(risk: tuple[float, float], cadence_s: float) -> Context:
    """What `replay` is told: a stated risk, shares of samples by resource, and how soon a size may be changed again.

    One slot needs no staggering. Longer times than the nowcast's are cool-downs, less the bucket that closes.
    """
    sizing = SizingParameters(risk=risk, cadence_s=cadence_s, cool_down_s=max(cadence_s - BUCKET_S, 0.0))
    return Context(prices=load_prices(), default_node_type=NODE_TYPE, time=TimeRules(stagger_s=0.0), sizing=sizing)


def replay(
    series: Sequence[Series], context: Context, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Trajectory]:
    """The requests that the engine would have set, by series, in the trace's units."""
    slot = _Slot(len(series), context)
    scale = [scale_of(one) for one in series]
    times = np.unique(np.concatenate([one.time_s for one in series]))
    found, place = [Trajectory() for _ in series], [0] * len(series)
    for number, time_s in enumerate(times.tolist()):
        slot.changed.clear()
        slot.tell(time_s)
        slot.send(_sample(series, scale, place, time_s, slot.specs))
        for row, size in slot.changed:
            found[row].set(time_s + AFTER_S, _target(size, scale[row]))
        if number % 500 == 0:
            progress(number, len(times))
    return found


def _sample(
    series: Sequence[Series], scale: Sequence[Floats], place: list[int], time_s: float, specs: list[ContainerSpec]
) -> Metrics:
    """What all series have at this time."""
    cells: list[list[float | None]] = [[], []]
    for row, one in enumerate(series):
        at = place[row]
        here = at < len(one.time_s) and one.time_s[at] == time_s
        place[row] += here
        for resource in (0, 1):
            value = one.value[at, resource] * scale[row][resource] if here else np.nan
            cells[resource].append(None if np.isnan(value) else float(value))
    return Metrics(
        cluster=CLUSTER, slot=0, sent_s=time_s, time_s=time_s, roster=roster_hash(specs),
        cpu_max=cells[0], memory_max=cells[1],
    )  # fmt: skip


def _target(size: Size, scale: Floats) -> tuple[float, float]:
    requests = (size.cpu_request, size.memory_request)
    cpu, memory = (np.nan if each is None else each / scale[resource] for resource, each in enumerate(requests))
    return float(cpu), float(memory)
