"""What the kernel says about a control group (cgroup v2), from the text of its files. Nothing here reads files.

Formats: https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from agents.collector.names import sanitised

FILES: Final = ("cpu.stat", "memory.current", "memory.stat", "memory.events", "cpu.max", "memory.max")
HOST: Final = "host"
KUBEPODS: Final = "kubepods"
_POD: Final = re.compile(r"pod([0-9a-f]{8}[-_][0-9a-f_-]{27}|[0-9a-f]{32})(?:\.slice)?$")
_CONTAINER: Final = re.compile(r"(?:[a-z-]+-)?([0-9a-f]{64})(?:\.scope)?$")


class Reading(NamedTuple):
    """One look at a group. Counters since its start; None where the kernel does not say (controller off)."""

    time_s: float
    usage_usec: int | None = None
    periods: int | None = None
    throttled_periods: int | None = None
    working_set: int | None = None
    oom_kills: int | None = None
    cpu_limit: float | None = None
    memory_limit: float | None = None


class Sample(NamedTuple):
    """Between two looks: `cpu` in cores, `memory` in bytes, `throttled` as a share of periods, `oom_kills` a count."""

    cpu: float | None
    memory: float | None
    throttled: float | None
    oom_kills: int


def reading(time_s: float, files: Mapping[str, str]) -> Reading:
    """From the texts of `FILES`, those that are there."""
    cpu, events = flat(files.get("cpu.stat", "")), flat(files.get("memory.events", ""))
    return Reading(
        time_s,
        usage_usec=cpu.get("usage_usec"),
        periods=cpu.get("nr_periods"),
        throttled_periods=cpu.get("nr_throttled"),
        working_set=working_set(files.get("memory.current"), flat(files.get("memory.stat", ""))),
        oom_kills=events.get("oom_kill"),
        cpu_limit=cpu_limit(files.get("cpu.max", "max")),
        memory_limit=memory_limit(files.get("memory.max", "max")),
    )


def sample(before: Reading | None, after: Reading) -> Sample:
    """What happened between. The first look at a group, or one after its counters began anew, has no rates."""
    cpu = throttled = None
    kills = 0
    if before is not None and after.time_s > before.time_s:
        used = _since(before.usage_usec, after.usage_usec)
        cpu = None if used is None else used / 1e6 / (after.time_s - before.time_s)
        periods, stopped = (
            _since(before.periods, after.periods),
            _since(before.throttled_periods, after.throttled_periods),
        )
        throttled = stopped / periods if periods and stopped is not None else None
        kills = _since(before.oom_kills, after.oom_kills) or 0
    return Sample(cpu, after.working_set, None if throttled is None else min(1.0, throttled), kills)


def _since(before: int | None, after: int | None) -> int | None:
    """Increase of a counter; None when it is unknown or began anew."""
    return None if before is None or after is None or after < before else after - before


def flat(text: str) -> dict[str, int]:
    """A file of `key value` lines; other lines are passed over.

    >>> flat("usage_usec 5\\nnr_periods 2\\n")
    {'usage_usec': 5, 'nr_periods': 2}
    """
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def working_set(current: str | None, stat: Mapping[str, int]) -> int | None:
    """memory.current without page cache that could go at once: what the kubelet evicts by."""
    return None if current is None else max(0, int(current) - stat.get("inactive_file", 0))


def cpu_limit(text: str) -> float | None:
    """Cores of `cpu.max`.

    >>> cpu_limit("50000 100000"), cpu_limit("max 100000")
    (0.5, None)
    """
    quota, _, period = text.strip().partition(" ")
    return None if quota == "max" else int(quota) / int(period or 100_000)


def memory_limit(text: str) -> float | None:
    """Bytes of `memory.max`."""
    return None if text.strip() == "max" else float(text)


def is_container(path: str) -> bool:
    """Whether this group is a container of Kubernetes: what it has below is its own business."""
    parts = path.split("/")
    return len(parts) > 1 and parts[0].startswith(KUBEPODS) and bool(_CONTAINER.search(parts[-1]))


def identity(path: str) -> tuple[str, str, str]:
    """Namespace, workload and container of a group's path below the root.

    Pods of Kubernetes are known by uid and container id, others by the path.

    >>> identity("system.slice/cron.service")
    ('system.slice', 'cron.service', 'cron.service')
    """
    parts = path.strip("/").split("/")
    if is_container(path):
        pod = next((found for part in parts if (found := _POD.search(part))), None)
        container = _CONTAINER.search(parts[-1])
        assert container is not None
        uid = pod[1].replace("_", "-") if pod else "unknown"
        return KUBEPODS, f"pod-{uid}", container[1][:12]
    if len(parts) == 1:
        return HOST, sanitised(parts[0]), sanitised(parts[0])
    return sanitised(parts[0]), sanitised("-".join(parts[1:-1]) or parts[-1]), sanitised(parts[-1])
