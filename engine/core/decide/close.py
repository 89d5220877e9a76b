"""The slow path: a bucket has closed, the forecast has learned; is each container of the right size?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide import risk
from engine.core.decide.facts import Facts, gather
from engine.core.decide.gates import DOWN, STAY, UP, judge, row_reason, stepped
from engine.core.decide.money import note_realised
from engine.core.decide.moves import decide_moves
from engine.core.decide.permits import consent_reason, permits_at
from engine.core.decide.proposals import Proposals, Verdicts, commanded, dispositions, note_recommended, raises_only
from engine.core.decide.publish import publish
from engine.core.decide.sizing import limits_for
from engine.core.decide.state import HOLD, REASON, RECOMMENDED, RESIZE_DOWN, RESIZE_UP, DecideRows
from engine.core.rows import Array
from engine.units import BUCKET_S

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState


def decide_at_close(slot: SlotState, bucket: int, sampled: Array, fresh: Array, context: Context) -> Verdicts:
    """Decides for the rows with data in the bucket (`sampled` bool [n]) of which some is not stale (`fresh` bool [n]).

    Published is what differs from what was published last for that container, and all that is commanded.
    """
    rows = np.flatnonzero(sampled & fresh)
    if not len(rows):
        return Verdicts()
    risk.learn(slot.decide, rows, risk.stated(slot.placement, rows, context.sizing))
    facts = gather(slot, rows, bucket, float(bucket * BUCKET_S), context)
    proposals = propose(slot, facts, context)
    disposition = dispositions(slot.placement, proposals)
    news = commanded(disposition) | _differs(slot.decide, proposals, disposition, context.sizing.republish)
    note_recommended(slot.decide, proposals, disposition)
    note_realised(slot, rows, facts.prices)
    _renew_offers(slot.decide, proposals, disposition, news, context.sizing.validity_s)
    verdicts = publish(slot, proposals, disposition, news, context)
    verdicts.decisions += decide_moves(slot, rows, bucket, context)
    return verdicts


def propose(slot: SlotState, facts: Facts, context: Context) -> Proposals:
    """What is wanted for each row; raises come before cuts where only raises may be commanded."""
    parameters = context.sizing
    permits = permits_at(slot, facts.rows, slot.watermark_s, context)
    direction, reason = judge(facts, slot.decide, slot.watermark_s, permits, parameters)
    raised = (direction == UP).any(axis=1)
    uncut = raised & raises_only(slot.placement, facts.rows)
    direction = np.where(uncut[:, None] & (direction == DOWN), np.int8(STAY), direction)
    cut = (direction == DOWN).any(axis=1)
    action = np.where(raised, RESIZE_UP, np.where(cut, RESIZE_DOWN, HOLD))
    request = stepped(facts, direction, parameters)
    return Proposals(
        facts=facts,
        action=action,
        reason=consent_reason(
            slot.placement, facts.rows, action, row_reason(direction, reason, facts.forecast.buckets_seen)
        ),
        trigger=np.zeros(len(facts.rows), dtype=np.int8),
        request=request,
        limit=limits_for(request, facts.request, facts.limit),
    )


def _differs(decide: DecideRows, proposals: Proposals, disposition: Array, share: float) -> Array:
    """Whether a row's proposal says something else than the decision published last: bool [m].

    Waiting for the outcome of a command is not news.
    """
    rows = proposals.facts.rows
    said, now = decide.published_request[rows], proposals.request
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
