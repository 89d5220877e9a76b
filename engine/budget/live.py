"""What a cluster's log says of its containers: the rosters that hold, usage of the last days, the engine's decisions.

Pure: records in, a sheet and series out. Usage is kept by buckets in rings, so that a long log takes no more room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.budget.ring import Seen, SlotUsage
from engine.codec import decode_decision, decode_event
from engine.core.effects import Refused
from engine.core.placement import requests_of
from engine.core.rows import Array
from engine.errors import ContractError
from engine.messages import Decision, Metrics, Roster

SILENT: Final = ("not_enough_data", "no_forecast")
"""Reasons of holds in which the engine cannot say what it would request."""
OF_MACHINES: Final = ("cheaper_machines", "machine_too_small", "moves_no_longer_pay")
"""Reasons of decisions that say nothing of sizes."""


@dataclass(slots=True)
class ClusterLog:
    """The records of one cluster, taken one by one in the order of the topics.

    `unused` counts rows of metrics that could not be used: of a roster from before the log's part that was read, or out
    of range. `wanted` has by series what the engine's last decision wants [2], in cores and bytes of one replica, NaN
    for none.
    """

    cluster: str
    buckets: int
    slots: dict[int, SlotUsage] = field(default_factory=dict)
    wanted: dict[str, Array] = field(default_factory=dict)
    unused: int = 0

    def take_event(self, key: str, value: bytes) -> None:
        """A record of `events`; those of other clusters, of other kinds, and those that nobody can read do nothing."""
        if not key.startswith(f"{self.cluster}/"):
            return
        try:
            event = decode_event(value)
            if isinstance(event, Roster | Metrics):
                slot = self.slots.setdefault(event.slot, SlotUsage(self.buckets))
                if isinstance(event, Roster):
                    slot.take_roster(event)
                else:
                    self.unused += slot.take_metrics(event)
        except (ContractError, Refused):  # the engine dead-letters them
            return

    def take_decision(self, key: str, value: bytes) -> None:
        """A record of `decisions`: the last decision of each container's size counts, judgements do not."""
        if not key.startswith(f"{self.cluster}/"):
            return
        said = decode_decision.readable(value)
        if isinstance(said, Decision) and said.reason not in OF_MACHINES:
            self.wanted[key.partition("/")[2]] = _wanted(said)

    def seen(self) -> Iterator[Seen]:
        """All containers, with the cluster's last buckets; those run that the newest rosters name."""
        known = [slot for slot in self.slots.values() if slot.latest]
        newest = max((int(slot.bucket.max()) for slot in known), default=-1)
        for slot in known:
            yield from slot.seen(newest - self.buckets)


def _wanted(decision: Decision) -> Array:
    if decision.action == "hold" and decision.reason in SILENT:
        return np.full(2, np.nan)
    return np.array(requests_of(decision.target))
