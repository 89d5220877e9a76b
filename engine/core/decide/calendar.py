"""When moves happen, in half hours since 1970: what stood and was due, and when a new plan may begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.core.decide.state import FOR_GOOD, MOST_MOVES, NO_SLOT, NO_TYPE
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.decide.state import DecideRows

SLOT_S: Final = 1800
SLOTS: Final = 48
"""A day of half hours."""
BUCKETS: Final = SLOT_S // BUCKET_S


def occurrences(slots: Sequence[int], begin: int, end: int) -> list[int]:
    """Half hours from `begin` to before `end` that are these half hours of their day."""
    return [half_hour for half_hour in range(begin, end) if half_hour % SLOTS in slots]


def begin_of(past: Sequence[int], slots: Sequence[int], earliest: int, most: int) -> int:
    """The first half hour from which a plan may have its moves: never more than `most` in any 24 h, `past` included.

    The plan's own daily moves are no more than `most`; without slots it is one move, there and then.
    """
    later = (moved + SLOTS for moved in past if moved + SLOTS > earliest)
    for begin in sorted({earliest, *later}):
        coming = occurrences(slots, begin, begin + SLOTS) if slots else [begin]
        together = [*past, *coming]
        if all(sum(move - SLOTS < other <= move for other in together) <= most for move in coming):
            return begin
    raise AssertionError("a day after the last move the plan stands alone")


def stands(decide: DecideRows, row: int) -> list[tuple[int, int]]:
    """The plan that stands: half hours of the day (or `FOR_GOOD`) and node types; empty without one."""
    pairs = zip(decide.move_slot[row].tolist(), decide.move_type[row].tolist(), strict=True)
    return [(slot, kind) for slot, kind in pairs if slot != NO_SLOT]


def first_of(decide: DecideRows, row: int, arrival: int, most: int) -> int:
    """The half hour of the first move of the plan that stands, as it was told; machines arrive after `arrival` ones."""
    earliest = -(-int(decide.move_bucket[row]) // BUCKETS) + arrival
    past = [moved for moved in decide.moved[row].tolist() if moved < earliest]
    slots = [slot for slot, _ in stands(decide, row) if slot != FOR_GOOD]
    begin = begin_of(past, slots, earliest, most)
    return occurrences(slots, begin, begin + SLOTS)[0] if slots else begin


def machine_at(decide: DecideRows, row: int, half_hour: int) -> int:
    """Node type that the plan that stands has for a half hour since 1970; NO_TYPE without a plan."""
    plan = stands(decide, row)
    begun = [kind for slot, kind in plan if slot <= half_hour % SLOTS or slot == FOR_GOOD]
    if not plan:
        return NO_TYPE
    return begun[-1] if begun else plan[-1][1]  # the day's last machine serves until the first move of the next


def note_moved(decide: DecideRows, row: int, bucket: int) -> None:
    """Remembers the moves that the plan that stands had since moves were last planned, up to this bucket."""
    slots = [slot for slot, _ in stands(decide, row) if slot != FOR_GOOD]
    if slots:
        now = bucket // BUCKETS
        since = max(int(decide.planned_bucket[row]) // BUCKETS, now - SLOTS)
        remember(decide, row, occurrences(slots, since + 1, now + 1))


def remember(decide: DecideRows, row: int, moves: Sequence[int]) -> None:
    """Keeps the latest."""
    moved = sorted([*decide.moved[row].tolist(), *moves])
    decide.moved[row] = moved[-MOST_MOVES:]


def set_plan(decide: DecideRows, row: int, bucket: int, plan: Sequence[tuple[int, int]]) -> None:
    """A plan stands from now on, or, when it is empty, none. Nobody has approved it."""
    decide.move_bucket[row] = bucket if plan else -1
    decide.move_approved[row], decide.moved_to[row] = False, NO_TYPE
    filled = [*plan, *[(NO_SLOT, NO_TYPE)] * (MOST_MOVES - len(plan))]
    decide.move_slot[row] = [slot for slot, _ in filled]
    decide.move_type[row] = [kind for _, kind in filled]
