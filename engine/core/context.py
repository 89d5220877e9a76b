"""What the fold is told from outside, fixed for a run: prices, rules of time, time zones.

Same events and same context, same decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.decide.parameters import MoveParameters, SizingParameters
from engine.core.moves.terms import NodeType
from engine.core.windows import UtcOffset
from engine.zones import utc_offset_s


@dataclass(frozen=True, slots=True)
class TimeRules:
    """Rules of event time, in seconds.

    The greatest lateness and stagger together stay under a bucket, so that at most two buckets are ever open.
    """

    lateness_s: float = 60.0
    """A sample further behind the watermark is late: counted, used for nothing."""
    stagger_s: float = 210.0
    """Slots close their buckets up to so long after the lateness, spread by a hash."""
    stale_s: float = 120.0
    """A sample that was sent later than this after it was taken is stale: it teaches, and commands nothing."""
    future_s: float = 120.0
    """A sample may be dated at most so far after it was sent."""
    clock_skew_s: float = 300.0
    """An agent's clock may be at most so far ahead of the broker's (clusters on wall time)."""
    row_age_s: float = 60.0
    """Rows of one message are at most so much older than the message's own time."""
    forget_s: float = 14 * 86_400.0
    """A container that no roster names is forgotten so long after its last sample."""


@dataclass(frozen=True, slots=True)
class Context:
    """`prices`: node type to USD per core-hour and per GiB-hour; `default_node_type` is for unknown ones.

    `node_types`: what moves choose from, by name; without them nothing is moved. `vcpu_performance`: node type to the
    work of a vCPU, 1 for the reference and for what is not in it; see `compute_units`.
    """

    prices: Mapping[str, tuple[float, float]] = field(default_factory=lambda: {"m5.large": (0.0340, 0.0035)})
    default_node_type: str = "m5.large"
    time: TimeRules = TimeRules()
    sizing: SizingParameters = field(default_factory=SizingParameters)
    moves: MoveParameters = field(default_factory=MoveParameters)
    node_types: Mapping[str, NodeType] = field(default_factory=dict)
    vcpu_performance: Mapping[str, float] = field(default_factory=dict)
    utc_offset_s: UtcOffset = utc_offset_s
    """Of time zones, for windows: decision 10."""
