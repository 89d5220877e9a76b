"""What goes on after a list: rows that are new or changed, as records come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from engine.console.listing import Listing
from engine.console.log import outcome_of
from engine.console.rows import Row, decision_row, outcome_row
from engine.console.source import newest_time
from engine.errors import UserError
from engine.messages import Decision, Judgement


def watch(listing: Listing, noun: str) -> Iterator[list[Row]]:
    """First all rows that there are, then what is new, for ever. Nothing between the two is lost."""
    if noun not in _FOLLOWED:
        raise UserError(f"{noun} cannot be watched: {', '.join(_FOLLOWED)} can")
    topic, change = _FOLLOWED[noun]
    source, selection = listing.source, listing.selection
    of_slots = topic == "events"
    partitions = source.slot_partitions(topic) if of_slots else source.all_partitions(topic)
    prefix = f"{source.cluster.name}/" if of_slots else selection.prefix
    records = source.follow(topic, partitions, prefix, 0.0)
    next(records)  # the consumer stands at the ends before the list is read
    listed = listing.rows(noun)
    yield selection.chosen(listed)
    for record in records:
        if record is not None and (row := change(listing, record[1])) is not None:
            yield selection.chosen([row])


def _decision(listing: Listing, value: bytes) -> Row | None:
    """A decision that is new, or was judged; one that comes twice is shown once."""
    known, judged = set(listing.decisions.made), set(listing.decisions.judged)
    said = listing.decisions.take(value)
    if said is None or said.id in (judged if isinstance(said, Judgement) else known):
        return None
    decision = listing.decisions.made.get(said.id)
    if decision is None:
        return None
    return decision_row(decision, listing.decisions.judged.get(said.id), newest_time(listing.source, [said_s(said)]))


def said_s(said: Decision | Judgement) -> float:
    return said.judged_s if isinstance(said, Judgement) else said.time_s


def _container(listing: Listing, value: bytes) -> Row | None:
    """A container of which a decision was made."""
    said = listing.decisions.take(value)
    if not isinstance(said, Decision) or said.action == "move":
        return None
    if (known := listing.latest.get(said.container)) is not None and known.id == said.id:
        return None
    listing.latest[said.container] = said
    name = said.container.partition("/")[2]
    listing.rosters = listing.source.rosters()
    return next((row for row in listing.known_containers() if row.name == name), None)


def _outcome(listing: Listing, value: bytes) -> Row | None:
    outcome = outcome_of(value)
    if outcome is None or (key := f"{outcome.command_id}/{outcome.time_s}") in listing.outcomes:
        return None
    listing.outcomes[key] = outcome
    return outcome_row(outcome, newest_time(listing.source, [outcome.time_s]))


_FOLLOWED: Final[dict[str, tuple[str, Callable[[Listing, bytes], Row | None]]]] = {
    "decisions": ("decisions", _decision),
    "containers": ("decisions", _container),
    "outcomes": ("events", _outcome),
}
"""By noun: the topic that is followed, and the row that a record of it brings."""
