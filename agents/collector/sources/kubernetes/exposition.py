"""The few series that we need out of a kubelet's pages, in one pass over their bytes.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text). A general parser takes some thirty times as
long, which counts where a cluster has 100,000 containers (`benchmarks/speed/kubernetes_collector.py`).
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Final, NamedTuple

CPU: Final = b"container_cpu_usage_seconds_total"
MEMORY: Final = b"container_memory_working_set_bytes"
PERIODS: Final = b"container_cpu_cfs_periods_total"
THROTTLED: Final = b"container_cpu_cfs_throttled_periods_total"
RESOURCE: Final = {CPU: 0, MEMORY: 1}
"""Series of /metrics/resource: cores since the container's start, bytes."""
CFS: Final = {PERIODS: 0, THROTTLED: 1}
"""Series of /metrics/cadvisor."""
_LABEL: Final = re.compile(rb'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(rb"\\(.)")

Key = tuple[str, str, str]
"""Namespace, pod, container."""


class Value(NamedTuple):
    """`time_s`: by the kubelet, None where it does not say."""

    value: float
    time_s: float | None


Page = dict[Key, list[Value | None]]
"""By container, its values in the order of the series asked for."""


class Parser:
    """Of one node's page. Remembers whose labels it has seen: a page is much the same from scrape to scrape."""

    def __init__(self, series: dict[bytes, int]) -> None:
        self._series, self._width = series, len(series)
        self._known: dict[bytes, Key | None] = {}

    def parse(self, page: bytes) -> Page:
        """Lines that are none of the series, of no container, or no numbers are passed over."""
        found: Page = {}
        known: dict[bytes, Key | None] = {}
        for line in page.split(b"\n"):
            if not line.startswith(b"container_"):
                continue
            name, _, rest = line.partition(b"{")
            column = self._series.get(name)
            if column is None:
                continue
            labels, _, numbers = rest.rpartition(b"}")
            key = self._known[labels] if labels in self._known else key_of(labels)
            known[labels] = key
            value = _value(numbers.split())
            if key is not None and value is not None:
                found.setdefault(key, [None] * self._width)[column] = value
        self._known = known
        return found


def key_of(labels: bytes) -> Key | None:
    """None for a series of a pod, a group of them, or a pod's sandbox."""
    values = {name: _ESCAPED.sub(_plain, text).decode() for name, text in _LABEL.findall(labels)}
    key = values.get(b"namespace", ""), values.get(b"pod", ""), values.get(b"container", "")
    return key if all(key) and key[2] != "POD" else None


def _plain(escaped: re.Match[bytes]) -> bytes:
    return b"\n" if escaped[1] == b"n" else escaped[1]


def _value(numbers: list[bytes]) -> Value | None:
    try:
        value = float(numbers[0])
        time_s = int(numbers[1]) / 1000.0 if len(numbers) > 1 else None
    except (ValueError, IndexError):
        return None
    return Value(value, time_s) if isfinite(value) and value >= 0.0 else None
