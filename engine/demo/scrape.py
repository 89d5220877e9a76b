"""What the three programs say of themselves: their /metrics, read once or twice a second."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import orjson
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Samples of one /metrics page, by name and labels."""

    values: Mapping[str, Mapping[Labels, float]]

    def total(self, name: str, **labels: str) -> float:
        """Sum over all samples of that name that have these labels; 0 when there are none."""
        return sum(self._matching(name, labels))

    def value(self, name: str, **labels: str) -> float | None:
        """The one sample with these labels; None when there is none, or when it is not a number."""
        found = next(self._matching(name, labels), math.nan)
        return None if math.isnan(found) else found

    def by(self, name: str, label: str) -> dict[str, float]:
        """Sums by the values of one label."""
        sums: dict[str, float] = defaultdict(float)
        for labels, value in self.values.get(name, {}).items():
            sums[dict(labels).get(label, "")] += value
        return dict(sums)

    def quantile(self, name: str, share: float) -> float | None:
        """A quantile of the histogram `name`, linear within its bucket as Prometheus does it; None when it is empty."""
        counts = sorted((float(bound), count) for bound, count in self.by(f"{name}_bucket", "le").items())
        if not counts or counts[-1][1] == 0:
            return None
        wanted, lower, below = share * counts[-1][1], 0.0, 0.0
        for bound, count in counts:
            if count >= wanted:
                within = (wanted - below) / max(count - below, 1.0)
                return lower if math.isinf(bound) else lower + (bound - lower) * within
            lower, below = bound, count
        return lower

    def _matching(self, name: str, labels: Mapping[str, str]) -> Iterator[float]:
        wanted = set(labels.items())
        return (value for found, value in self.values.get(name, {}).items() if wanted <= found)


NOTHING = Metrics({})


def parse(text: str) -> Metrics:
    """A page in Prometheus' text format."""
    values: dict[str, dict[Labels, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values[sample.name][frozenset(sample.labels.items())] = sample.value
    return Metrics(values)


def scrape(port: int) -> Metrics:
    """Metrics of a program on this machine; nothing while it does not answer."""
    page = _get(port, "/metrics")
    return parse(page.decode()) if page else NOTHING


def is_ready(port: int) -> bool:
    return _get(port, "/ready") is not None


def watermarks(port: int) -> dict[str, float]:
    """Event time that the engine has reached, by cluster."""
    page = _get(port, "/progress")
    clusters: dict[str, Any] = orjson.loads(page)["clusters"] if page else {}
    return {name: float(cluster["watermark_s"]) for name, cluster in clusters.items()}


def _get(port: int, path: str) -> bytes | None:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=2.0) as answer:
            body: bytes = answer.read()
            return body
    except (URLError, HTTPException, OSError):
        return None
