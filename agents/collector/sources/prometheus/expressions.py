"""What Prometheus is asked, in PromQL.

Joins are made here and not there: a join in PromQL fails whole where one pod has two owners for a moment. What can be
folded without one is, so that answers carry few labels: a container's restarts are series of their own, and the same
container may be scraped twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CPU_SECONDS: Final = "container_cpu_usage_seconds_total"
WORKING_SET: Final = "container_memory_working_set_bytes"
CONTAINER: Final = "namespace,pod,container"
EXPORTED: Final = ("namespace", "pod", "container", "node")
"""Labels that a scrape may have of its own."""
RUNNING: Final = 'container!="",container!="POD",pod!=""'
"""cAdvisor's sums over pods have no container; POD is the one that only holds the network."""
SHORTEST_WINDOW_S: Final = 120.0
"""A rate wants two scrapes, and a scrape a minute is common."""
LOOK_S: Final = 150.0
"""How far back the two latest scrapes are looked for, live."""


class Expressions:
    """`selector`: matchers that every series must meet."""

    def __init__(self, selector: str) -> None:
        self._selector = selector.strip().rstrip(",")

    def series(self, name: str, *matchers: str) -> str:
        """
        >>> Expressions('cluster="a"').series("up", 'job="x"')
        'up{job="x",cluster="a"}'
        """
        return f"{name}{{{','.join(m for m in (*matchers, self._selector) if m)}}}"

    def cpu(self, step_s: float, *matchers: str) -> str:
        """Mean cores over the step."""
        series = self.series(CPU_SECONDS, RUNNING, *matchers)
        return f"max by ({CONTAINER}) (rate({series}[{_window(step_s)}]))"

    def memory(self, step_s: float, *matchers: str) -> str:
        """Largest working set within the step: memory kills by its peaks."""
        series = self.series(WORKING_SET, RUNNING, *matchers)
        return f"max by ({CONTAINER}) (max_over_time({series}[{_window(step_s)}]))"

    def containers(self) -> str:
        """How many there are, by namespace."""
        series = self.series(WORKING_SET, RUNNING)
        return f"count by (namespace) (count by ({CONTAINER}) ({series}))"

    def latest_cpu(self) -> str:
        """Cores between the two latest scrapes."""
        return f"max by ({CONTAINER}) (irate({self.series(CPU_SECONDS, RUNNING)}[{_text(LOOK_S)}]))"

    def latest_memory(self) -> str:
        return f"max by ({CONTAINER}) ({self.series(WORKING_SET, RUNNING)})"

    def latest_time(self) -> str:
        """Unix seconds of the latest scrape. What has gone is not in it."""
        return f"max by ({CONTAINER}) (timestamp({self.series(CPU_SECONDS, RUNNING)}))"

    def latest_throttled(self) -> str:
        """Share of CFS periods, between the two latest scrapes. The comparison leaves out what is no number."""
        parts = [
            f"irate({self.series(f'container_cpu_cfs_{name}_total', RUNNING)}[{_text(LOOK_S)}])"
            for name in ("throttled_periods", "periods")
        ]
        return f"max by ({CONTAINER}) ({' / '.join(parts)}) <= 1"

    def labels(self, name: str, by: str, window_s: float, *matchers: str) -> str:
        """The latest of each combination of the labels `by` within the window before the query's time."""
        more = [f"exported_{label}" for label in by.split(",") if label in EXPORTED]
        named = ",".join((by, *more))
        return f"max by ({named}) (last_over_time({self.series(name, *matchers)}[{_text(window_s)}]))"


def in_namespaces(namespaces: Sequence[str]) -> str:
    """A matcher. Names of namespaces have no character that means something in a regular expression."""
    return f'namespace=~"{"|".join(namespaces)}"'


def _window(step_s: float) -> str:
    return _text(max(step_s, SHORTEST_WINDOW_S))


def _text(time_s: float) -> str:
    """
    >>> _text(300.0)
    '300s'
    """
    return f"{max(1, round(time_s))}s"
