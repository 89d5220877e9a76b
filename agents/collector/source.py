"""What a source of scrapes is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, TypeVar

from agents.collector.spool import Fact
from engine.messages import Metrics, Roster

T = TypeVar("T")
GROUPS: Final = 15
"""Slots are told in turn, in so many groups spread over the interval: no burst at its start."""


def turns(slots: Sequence[T]) -> list[Sequence[T]]:
    """At most `GROUPS` groups, none of them empty."""
    return [group for number in range(GROUPS) if (group := slots[number::GROUPS])]


class Scrape(NamedTuple):
    """Events of one scrape, each slot's roster before its metrics, all with `sent_s` 0.

    `facts`: what the spool is to remember with them, so that the source goes on there after a restart.
    """

    events: Sequence[Roster | Metrics]
    facts: Mapping[str, Fact | None] = MappingProxyType({})


class Source(Protocol):
    """Scrapes in the order of their time. Nothing in a source sends, sleeps or asks for the time of day but its I/O."""

    def next_s(self) -> float | None:
        """Event time of the next scrape; None when there is none."""

    def take(self) -> Scrape:
        """Takes it."""

    def skip_overdue(self, now_s: float) -> int:
        """Leaves out scrapes that a later one has overtaken by `now_s`; returns how many. A replay has none."""

    def rosters_lost(self) -> None:
        """Messages were dropped unsent: the next scrape tells all rosters again."""
