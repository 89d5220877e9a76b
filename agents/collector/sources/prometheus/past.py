"""The past of a cluster, a stretch at a time, the earliest first: what a new engine learns its seasons from.

Decision 21 says how old samples enter without moving anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec.structs import replace

from agents.collector.rosters import Floats, Usage
from agents.collector.sources.prometheus.api import Api
from agents.collector.sources.prometheus.expressions import Expressions
from agents.collector.sources.prometheus.facts import Facts, read_facts
from agents.collector.sources.prometheus.owners import Identity
from agents.collector.sources.prometheus.specs import specs_of
from agents.collector.sources.prometheus.usage import Span, namespaces, read_all
from engine.messages import ContainerSpec
from engine.units import DAY_S, RESOURCES

STRETCH_S: Final = 21_600.0
"""Sizes are those of each six hours, and so much of all containers is in memory at a time."""
MARGIN_S: Final = 60.0
"""Samples younger than this may not all be there yet."""


@dataclass(frozen=True)
class Past:
    """`value` [n, steps, 2] of `specs` [n] at the steps of `span`."""

    span: Span
    specs: list[ContainerSpec]
    value: Floats

    def at(self, step: int) -> tuple[float, Usage]:
        """Time and usage of a step."""
        count = len(self.specs)
        usage = Usage(self.value[:, step], np.full(count, np.nan), np.zeros(count, np.int64))
        return float(self.span.times_s()[step]), usage


def stretch(reached_s: float | None, days: float, now_s: float, step_s: float) -> Span:
    """What is read next: the first six hours after `reached_s`, or of the last `days`; of no step if there is none."""
    from_s = max(now_s - days * DAY_S, -np.inf if reached_s is None else reached_s)
    start_s = float(np.ceil(from_s / step_s) * step_s)
    last_s = float(np.floor((now_s - MARGIN_S) / step_s) * step_s)
    return Span(start_s, max(start_s, min(start_s + STRETCH_S // step_s * step_s, last_s)), step_s)


async def read_known(api: Api, expressions: Expressions, now_s: float) -> Facts:
    """Who ran within the last day: theirs is the past that is read. Raises AwayError, UserError."""
    facts = Facts()
    await read_facts(api, expressions, now_s - DAY_S, now_s, facts)
    return facts


async def read_past(api: Api, expressions: Expressions, span: Span, known: Facts) -> Past:
    """The stretch, of those that are `known`. Sizes are those that held within it. Raises AwayError, UserError."""
    facts = Facts(kinds={name: set(kinds) for name, kinds in known.kinds.items()}, node_types=dict(known.node_types))
    await read_facts(api, expressions, span.start_s, span.end_s, facts)
    sizes = await namespaces(api, expressions, span)
    block = await read_all(api, expressions, sizes, span, facts.identify)
    present = specs_of(known, known.pods())
    then = specs_of(facts, block.rows)
    specs = [_spec_then(spec, then.get(identity)) for identity, spec in present.items()]
    return Past(span, specs, _arranged(block.rows, block.value, list(present), span))


def _spec_then(now: ContainerSpec, then: ContainerSpec | None) -> ContainerSpec:
    return now if then is None else replace(now, size=then.size, replicas=then.replicas)


def _arranged(rows: Mapping[Identity, int], value: Floats, wanted: list[Identity], span: Span) -> Floats:
    """The rows of `wanted`, NaN for those that had no usage."""
    arranged = np.full((len(wanted), span.steps, len(RESOURCES)), np.nan)
    places = [(at, rows[identity]) for at, identity in enumerate(wanted) if identity in rows]
    if places:
        to, from_ = np.array(places).T
        arranged[to] = value[from_]
    return arranged
