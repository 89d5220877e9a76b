"""Does a change pay for the restart that it takes? Then it does not wait for its window.

    saved = sum over the hours until the window opens of  burden(request as it is) - burden(new request)
    pays    where it saves more than the policy says that a restart costs

The burden is that of `shortage`, by which changes are judged later: what is idle, and what is short at its price,
expected over the forecast of the next 24 hours; days further on are taken to be as the next one. A container that is
not forecast, or has no request yet, waits.

An OOM kill is a restart, too, of one replica. Where one is expected before the window opens, since memory leaks, is
about to cross its limit, or has a limit that did not do within the week, the change saves that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.decide.facts import Facts
from engine.core.decide.fitting import changed
from engine.core.decide.money import monthly_usd
from engine.core.decide.oom import oom_floor
from engine.core.decide.shortage import burden, odds, risk_of
from engine.core.forecast import forecast_at
from engine.core.forecast.state import HOUR
from engine.core.rows import Array
from engine.units import BUCKET_S, HOUR_S, HOURS_PER_MONTH, MEMORY

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

_DAY: Final = 24
_DAYS: Final = 9
"""No window is further off."""
_LEADS: Final = [hour * HOUR for hour in range(1, _DAY + 1)]
_SHARES: Final = np.array([0.275, 0.425, 0.225, 0.045, 0.03])
"""Of time near each of p05, p50, p90, p95 and p99: what lies between two of them is halved."""
_SAME: Final = 1.01
"""What is remembered of a kill is rounded by less."""
_DIGITS: Final = 4
"""Of USD that are compared: no decision hangs on the last bit."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Of m rows: USD that the change saves until the window opens at `opens_s`, and that its restart costs.

    NaN where it was not worked out. killed: bool [m], an OOM kill is expected before, whose restart is spared.
    """

    saved_usd: Array
    cost_usd: Array
    opens_s: Array
    killed: Array

    @property
    def pays(self) -> Array:
        """Rows that need not wait for their window: bool [m]."""
        pays: Array = self.saved_usd > self.cost_usd
        return pays


def worth_of(
    slot: SlotState,
    facts: Facts,
    request: Array,
    opens_s: Array,
    context: Context,
    crossing: Array | bool = False,
) -> Worth:
    """Whether the requests [m, 2] pay for a restart before the window opens at `opens_s` float64 [m]; NaN: they wait.

    crossing: rows bool [m] whose memory is about to cross its limit.
    """
    if np.isnan(opens_s).all():
        nothing = np.full(len(opens_s), np.nan)
        return Worth(nothing, nothing, opens_s, np.zeros(len(opens_s), dtype=np.bool_))
    left_s = np.maximum(opens_s - slot.watermark_s, 0.0)
    need = _shown_need(slot, facts, left_s, crossing, context)
    before, after = facts.request[:, MEMORY], request[:, MEMORY]
    killed = (need > before * _SAME) & (need <= after * _SAME)
    stated = slot.placement.restart_usd[facts.rows].astype(np.float64)
    cost = np.round(stated * (1.0 - killed / np.maximum(facts.replicas, 1)), _DIGITS)
    raises = (request > facts.request).any(axis=1)
    weighed = np.flatnonzero(~np.isnan(left_s) & (raises | (_at_most(facts, request, left_s) > cost)))
    saved = np.full(len(facts.rows), np.nan)
    if len(weighed):
        saved[weighed] = _saved(slot, facts, request, need, left_s, weighed, context)
    return Worth(saved, cost, opens_s, killed)


def _shown_need(slot: SlotState, facts: Facts, left_s: Array, crossing: Array | bool, context: Context) -> Array:
    """Requests of memory that go with the limits of which it is known that less will not do, [m]; NaN without."""
    sizing, request = context.sizing, facts.request
    killed = oom_floor(slot.decide, facts.rows, request, facts.limit, facts.time_s, sizing)
    leaks = np.where(facts.around.time_to_limit_s < left_s, facts.around.leak_request[:, MEMORY], np.nan)
    crosses = np.where(crossing, request[:, MEMORY] * sizing.urgent_raise, np.nan)
    need: Array = np.fmax(np.fmax(killed[:, MEMORY], leaks), crosses)
    return need


def _at_most(facts: Facts, request: Array, left_s: Array) -> Array:
    """USD [m] that cuts save if all that they take is idle."""
    return _usd(facts.request - request, left_s / HOUR_S, facts, slice(None))


def _usd(amount: Array, hours: Array | float, facts: Facts, which: Array | slice) -> Array:
    """USD [k] of the rows `which` int [k] of the facts: for amounts [k, 2], NaN counts as 0, over so many hours."""
    monthly = monthly_usd(amount, facts.replicas[which], facts.prices.usd[which])
    return np.asarray(monthly / HOURS_PER_MONTH * hours)


def _saved(
    slot: SlotState, facts: Facts, request: Array, need: Array, left_s: Array, which: Array, context: Context
) -> Array:
    """USD [k] that the rows `which` int [k] of the facts are expected to save; NaN where there is no forecast."""
    rows, now = facts.rows[which], facts.request[which]
    at = slot.forecast_bucket(int(facts.time_s // BUCKET_S))
    outlook = forecast_at(slot.forecast.take(rows), at, _LEADS)
    amounts = np.stack([outlook.p05, outlook.p50, outlook.p90, outlook.p95, outlook.p99], axis=-1)
    peaks = amounts.copy()
    peaks[:, MEMORY] = np.fmax(peaks[:, MEMORY], need[which, None, None])
    price = odds(risk_of(slot.placement, rows, context.sizing))[..., None, None]
    hours = _hours(left_s[which])[:, None, :]

    def over_time(size: Array) -> Array:
        expected = (burden(size[..., None, None], amounts, peaks, price) * _SHARES).sum(axis=-1)
        summed: Array = (expected * hours).sum(axis=-1)
        return summed

    moved = changed(now, request[which])
    gain = np.where(np.isnan(now), 0.0, over_time(now)) - over_time(request[which])
    unknown = (moved & np.isnan(amounts).any(axis=(2, 3))).any(axis=1)
    return np.where(unknown, np.nan, np.round(_usd(np.where(moved, gain, 0.0), 1.0, facts, which), _DIGITS))


def _hours(left_s: Array) -> Array:
    """How often each of the next 24 hours comes until then, its part counted, float64 [k, 24]."""
    begins = np.arange(_DAYS * _DAY, dtype=np.float64)
    parts = np.clip(left_s[:, None] / HOUR_S - begins, 0.0, 1.0)
    hours: Array = parts.reshape(len(left_s), _DAYS, _DAY).sum(axis=1)
    return hours
