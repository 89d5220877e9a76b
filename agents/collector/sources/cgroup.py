"""This machine's containers and services, from its real cgroup v2 tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.collector.names import unique
from agents.collector.rosters import Fleet, Floats, Usage
from agents.collector.source import Scrape
from agents.collector.sources.cgroup_files import FILES, Reading, identity, is_container, reading, sample
from engine.errors import UserError
from engine.messages import Cluster, ContainerSpec, Size


def check_root(root: Path) -> None:
    """Raises UserError where there is no cgroup v2 tree."""
    if (root / "cgroup.controllers").is_file():
        return
    if (root / "unified" / "cgroup.controllers").is_file():
        raise UserError(f"{root} is cgroup v1; its v2 part is {root}/unified (give --root), where it has controllers.")
    if (root / "memory").is_dir():
        raise UserError(f"{root} is cgroup v1, and the source cgroup reads v2 only: boot with unified cgroups.")
    raise UserError(f"{root} is no cgroup v2 tree: it has no file cgroup.controllers.")


def groups(root: Path) -> Iterator[str]:
    """Paths of the groups that are measured: containers of Kubernetes, and else the leaves, where processes are."""
    for folder, children, _ in os.walk(root):
        path = Path(folder).relative_to(root).as_posix()
        children.sort()
        if path == ".":
            continue
        if is_container(path):
            children.clear()
        if not children:
            yield path


def read_group(root: Path, path: str, time_s: float) -> Reading | None:
    """None when the group has gone."""
    texts = {}
    for name in FILES:
        try:
            texts[name] = (root / path / name).read_text()
        except FileNotFoundError:
            continue  # a controller that is off has no files
        except OSError:
            return None
    return reading(time_s, texts) if texts else None


class CgroupSource:
    """A scrape every `interval_s` by `now_s`, without end. Raises UserError where there is no cgroup v2 tree."""

    def __init__(self, root: Path, cluster: Cluster, interval_s: float, now_s: Callable[[], float]) -> None:
        check_root(root)
        self._root, self._interval_s, self._now_s = root, interval_s, now_s
        self._fleet = Fleet(cluster)
        self._before: dict[str, Reading] = {}
        self._next_s = now_s()

    def next_s(self) -> float | None:
        return self._next_s

    def take(self) -> Scrape:
        time_s = round(self._now_s(), 3)
        self._next_s += self._interval_s
        now = {path: found for path in groups(self._root) if (found := read_group(self._root, path, time_s))}
        samples = [sample(self._before.get(path), after) for path, after in now.items()]
        self._before = now
        self._fleet.arrange(_specs(now), range(len(now)))
        usage = Usage(
            value=_floats([(s.cpu, s.memory) for s in samples]).reshape(-1, 2),
            throttled=_floats([s.throttled for s in samples]),
            oom_kills=np.array([s.oom_kills for s in samples], np.int64),
        )
        return Scrape([*self._fleet.rosters(time_s), *self._fleet.metrics(time_s, usage)])

    def skip_overdue(self, now_s: float) -> int:
        skipped = max(0, int((now_s - self._next_s) // self._interval_s))
        self._next_s += skipped * self._interval_s
        return skipped

    def rosters_lost(self) -> None:
        self._fleet.forget_sent()


def _specs(now: dict[str, Reading]) -> list[ContainerSpec]:
    """Paths that are the same once they are names get numbers, so that no two groups are one container."""
    names = [identity(path) for path in now]
    joined = unique("/".join(name) for name in names)
    return [
        ContainerSpec(
            namespace=namespace,
            workload=workload,
            container=single.rpartition("/")[2],
            workload_kind="Cgroup",
            size=Size(cpu_limit=group.cpu_limit, memory_limit=group.memory_limit),
        )
        for (namespace, workload, _), single, group in zip(names, joined, now.values(), strict=True)
    ]


def _floats(values: Sequence[Any]) -> Floats:
    """None becomes NaN."""
    return np.array(values, dtype=np.float64)
