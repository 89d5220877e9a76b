"""What the user's terms permit at a moment: windows, restarts, consent.

What only time stands in the way of is held until then. What a person has to consent to is recommended, and commanded
once it is approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.state import HOLD, REASON, RESIZE_DOWN, DecideRows
from engine.core.placement import PlacementRows
from engine.core.rows import Array
from engine.core.windows import next_opening, open_sets
from engine.units import DAY_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState


@dataclass(frozen=True, slots=True)
class Permits:
    """Of some rows at one moment, bool [m] each."""

    change_waits: Array
    """A change would restart it, and this is not the time."""
    cut_waits: Array
    """A cut is not for now, a raise may be."""
    used_up: Array
    """A change would restart it, and that has been done as often as it may be today."""
    opens_s: Array
    """When the window opens for which alone a change waits, where the policy says what a restart costs; else NaN.

    Jobs wait: it is not known how often they will run until then.
    """

    def without(self, rows: Array) -> Permits:
        """The same, but that changes of `rows` bool [m] do not wait."""
        return replace(self, change_waits=self.change_waits & ~rows)

    @property
    def held(self) -> Array:
        """Rows in which nothing is changed now."""
        return self.change_waits | self.used_up


def permits_at(slot: SlotState, rows: Array, time_s: float, context: Context) -> Permits:
    """Permits of the rows int [m] for commands of `time_s`, event time, which are valid for a while."""
    place, until_s = slot.placement, time_s + context.sizing.validity_s
    open_all_along = np.logical_and.reduce(
        [open_sets(slot.window_sets, each, context.utc_offset_s) for each in (time_s, until_s)]
    )
    is_open = open_all_along[place.windows[rows]]
    restarts = ~place.in_place[rows]
    timely = (time_s >= place.restart_from_s[rows]) & (until_s <= place.restart_until_s[rows])
    most = place.restarts_a_day[rows]
    used_up = restarts & (most >= 0) & (restarts_today(slot.decide, rows, time_s) >= most)
    return Permits(
        change_waits=restarts & ~(is_open & timely),
        cut_waits=place.cuts_in_windows[rows] & ~is_open,
        used_up=used_up,
        opens_s=_opens_s(slot, rows, restarts & ~is_open & timely & ~used_up, time_s, context),
    )


def _opens_s(slot: SlotState, rows: Array, waits: Array, time_s: float, context: Context) -> Array:
    """When the window opens of rows that wait for it alone (`waits` bool [m]): float64 [m], NaN without a price."""
    place = slot.placement
    waits = waits & ~np.isnan(place.restart_usd[rows]) & place.restart_allowed[rows]
    waits &= ~(place.frozen[rows] | place.by_run[rows])
    opens_s = np.full(len(rows), np.nan)
    for number in np.unique(place.windows[rows[waits]]).tolist():
        known = next_opening(slot.window_sets[number], time_s, context.sizing.validity_s, context.utc_offset_s)
        opens_s[waits & (place.windows[rows] == number)] = known
    return opens_s


def restarts_today(decide: DecideRows, rows: Array, time_s: float) -> Array:
    """Changes that restarted each row in this day of UTC, int [m]."""
    today: Array = np.where(decide.restarts_day[rows] == int(time_s // DAY_S), decide.restarts[rows], 0)
    return today


def note_restart(slot: SlotState, row: int, time_s: float) -> None:
    """A change was applied at `time_s`; it counts if the row cannot be resized in place."""
    decide, rows = slot.decide, np.array([row])
    if not slot.placement.in_place[row]:
        decide.restarts[row] = min(int(restarts_today(decide, rows, time_s)[0]) + 1, np.iinfo(np.int16).max)
        decide.restarts_day[row] = int(time_s // DAY_S)


def needs_restart_consent(placement: PlacementRows, rows: Array) -> Array:
    """Rows that any change would restart, which auto-pilot may not: bool [m]."""
    needs: Array = ~placement.in_place[rows] & ~placement.restart_allowed[rows]
    return needs


def cut_needs_consent(placement: PlacementRows, rows: Array) -> Array:
    """Rows that auto-pilot never cuts: those that a policy protects, and system workloads of which none says no."""
    stated = placement.protected[rows]
    needs: Array = (stated == 1) | (placement.system[rows] & (stated != 0))
    return needs


def needs_consent(placement: PlacementRows, rows: Array, action: Array | int) -> Array:
    """Whether this action (index of ACTIONS) is left to a person, whatever the stage: bool [m]."""
    cut: Array = cut_needs_consent(placement, rows) & (np.asarray(action) == RESIZE_DOWN)
    return cut | needs_restart_consent(placement, rows)


def consent_reason(placement: PlacementRows, rows: Array, action: Array, reason: Array) -> Array:
    """Reasons int8 [m], those of what waits for consent instead of its own."""
    cut = cut_needs_consent(placement, rows) & (action == RESIZE_DOWN)
    restart = (action != HOLD) & needs_restart_consent(placement, rows)
    named = np.where(placement.protected[rows] == 1, REASON["protected"], REASON["protected_system"]).astype(np.int8)
    reason = np.where(cut, named, reason)
    return np.where(restart, np.int8(REASON["restart_not_allowed"]), reason)
