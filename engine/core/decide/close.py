"""The slow path: a bucket has closed, the forecast has learned; is each container of the right size?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide import risk
from engine.core.decide.cadence import by_window
from engine.core.decide.cpu_limits import by_policy
from engine.core.decide.facts import Facts, gather
from engine.core.decide.fitting import FITS, Fitted, changed, fit
from engine.core.decide.gates import DOWN, STAY, UP, judge, row_reason, stepped
from engine.core.decide.money import note_realised
from engine.core.decide.move_orders import order_moves
from engine.core.decide.moves import decide_moves
from engine.core.decide.permits import Permits, consent_reason, needs_consent, permits_at
from engine.core.decide.proposals import Proposals, Verdicts, commanded, dispositions, note_recommended, raises_only
from engine.core.decide.publish import publish
from engine.core.decide.remembered import recalled
from engine.core.decide.restart_cost import Worth, worth_of
from engine.core.decide.runs import ended_between
from engine.core.decide.sizing import limits_for
from engine.core.decide.state import HOLD, REASON, RECOMMENDED, RESIZE_DOWN, RESIZE_UP, DecideRows
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import SizingParameters
    from engine.core.state import SlotState


def decide_at_close(slot: SlotState, bucket: int, sampled: Array, fresh: Array, context: Context) -> Verdicts:
    """Decides for the rows with data in the bucket (`sampled` bool [n]) of which some is not stale (`fresh` bool [n]).

    Published is what differs from what was published last for that container, and all that is commanded.
    """
    rows = np.flatnonzero(sampled & fresh)
    verdicts = Verdicts()
    if len(by_bucket := rows[~by_window(slot, rows, context.sizing)]):
        risk.learn(slot.decide, by_bucket, risk.stated(slot.placement, by_bucket, context.sizing))
        verdicts = decide(slot, gather(slot, by_bucket, bucket, float(bucket * BUCKET_S), context), context)
    verdicts.decisions += decide_moves(slot, rows, bucket, context)
    verdicts.extend(order_moves(slot, rows, bucket, context))
    return verdicts


def decide_between_runs(slot: SlotState, after: int, context: Context) -> Verdicts:
    """Decides for the jobs whose run turned out to be over since the bucket `after`.

    It rests on what was not there: that nothing runs is known as of the watermark.
    """
    rows = np.flatnonzero(ended_between(slot, after, slot.closed, context.sizing))
    if not len(rows):
        return Verdicts()
    known_s = np.full(len(rows), slot.watermark_s)
    return decide(slot, gather(slot, rows, slot.closed, slot.closed * float(BUCKET_S), context, known_s), context)


def decide(slot: SlotState, facts: Facts, context: Context) -> Verdicts:
    """Decides and publishes by these facts."""
    proposals = propose(slot, facts, context)
    disposition = dispositions(slot.placement, proposals)
    news = commanded(disposition) | _differs(slot.decide, proposals, disposition, context.sizing.republish)
    note_recommended(slot.decide, proposals, disposition)
    note_realised(slot, facts.rows, facts.prices)
    _renew_offers(slot.decide, proposals, disposition, news, context.sizing.validity_s)
    return publish(slot, proposals, disposition, news, context)


def propose(slot: SlotState, facts: Facts, context: Context) -> Proposals:
    """What is wanted for each row; what waits for its window alone does not wait where it pays for the restart."""
    permits = permits_at(slot, facts.rows, slot.watermark_s, context)
    waits = ~np.isnan(permits.opens_s)
    if not waits.any():
        return _wanted(slot, facts, permits, context)
    tried = _wanted(slot, facts, permits.without(waits), context)
    waits &= (tried.action != HOLD) & ~needs_consent(slot.placement, facts.rows, tried.action)
    worth = worth_of(slot, facts, tried.request, np.where(waits, permits.opens_s, np.nan), context)
    return _paid(_wanted(slot, facts, permits.without(worth.pays), context), worth)


def _paid(proposals: Proposals, worth: Worth) -> Proposals:
    reason = np.where(worth.pays, np.int8(REASON["restart_pays"]), proposals.reason)
    return replace(proposals, reason=reason, worth=worth)


def _wanted(slot: SlotState, facts: Facts, permits: Permits, context: Context) -> Proposals:
    """What is wanted by these permits; raises come before cuts where only raises may be commanded."""
    direction, reason = judge(facts, slot.decide, slot.watermark_s, permits, context.sizing)
    uncut = (direction == UP).any(axis=1) & raises_only(slot.placement, facts.rows)
    direction = np.where(uncut[:, None] & (direction == DOWN), np.int8(STAY), direction)
    fitted = _sizes(facts, direction, reason, context.sizing)
    direction = np.where(fitted.held == FITS, direction, np.int8(STAY))
    reason = np.where(fitted.held == FITS, reason, fitted.held)
    action, given = _action(facts, fitted, direction), row_reason(direction, reason, facts.forecast.buckets_seen)
    return Proposals(
        facts=facts,
        action=action,
        reason=consent_reason(slot.placement, facts.rows, action, given),
        trigger=np.zeros(len(facts.rows), dtype=np.int8),
        request=fitted.request,
        limit=fitted.limit,
        reasons=reason,
    )


def _sizes(facts: Facts, direction: Array, reason: Array, parameters: SizingParameters) -> Fitted:
    """Requests as far as one step goes, with their limits, as far as bounds and class allow."""
    request = stepped(facts, direction, reason, parameters)
    limit = limits_for(request, facts.request, facts.limit)
    follows = changed(facts.request, request) | ((direction != STAY) & (reason == REASON["cpu_limit_policy"]))
    return fit(facts, request, np.where(follows, by_policy(facts, request, limit, parameters), limit))


def _action(facts: Facts, fitted: Fitted, direction: Array) -> Array:
    """Index of ACTIONS of each row, int8 [m]."""
    moved = (changed(facts.request, fitted.request) | changed(facts.limit, fitted.limit)).any(axis=1)
    cases = [moved & (direction == UP).any(axis=1), moved & (direction == DOWN).any(axis=1)]
    return np.select(cases, [np.int8(RESIZE_UP), np.int8(RESIZE_DOWN)], np.int8(HOLD))


def _differs(decide: DecideRows, proposals: Proposals, disposition: Array, share: float) -> Array:
    """Whether a row's proposal says something else than the decision published last: bool [m].

    Waiting for the outcome of a command is not news.
    """
    rows = proposals.facts.rows
    now = proposals.request
    said = recalled(decide.published_request[rows], now)
    moved = (np.abs(now - said) > share * said) | (np.isnan(now) != np.isnan(said))
    differs: Array = (
        (decide.published_action[rows] != proposals.action)
        | (decide.published_reason[rows] != proposals.reason)
        | (decide.published_disposition[rows] != disposition)
        | moved.any(axis=1)
    )
    differs &= proposals.reason != REASON["pending"]
    return differs


def _renew_offers(
    decide: DecideRows, proposals: Proposals, disposition: Array, news: Array, validity_s: float
) -> None:
    """A recommendation stands for approval as long as it is not replaced, each sample renewing it."""
    facts = proposals.facts
    stands = (disposition == RECOMMENDED) & ~news
    decide.offered_id[facts.rows] = np.where(stands, decide.offered_id[facts.rows], np.uint64(0))
    decide.offered_until_s[facts.rows] = facts.sampled_s + validity_s
