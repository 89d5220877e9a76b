"""From proposals to messages, and what is remembered of them. The only Python per row, for rows that say something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.account import count_in_hour
from engine.core.decide.evidence import evidence_of
from engine.core.decide.facts import cost_of
from engine.core.decide.fitting import changed
from engine.core.decide.judged import expect, shadow
from engine.core.decide.judging import replaced
from engine.core.decide.proposals import Proposals, Verdicts
from engine.core.decide.runner_up import CENTS, runner_up
from engine.core.decide.sentences import describe
from engine.core.decide.state import (
    ACTIONS,
    COMMANDED,
    DISPOSITIONS,
    HOLD,
    NO_TYPE,
    REASONS,
    RECOMMENDED,
    ROLLBACK,
    DecideRows,
)  # fmt: skip
from engine.core.placement import STAGES, size_of
from engine.core.rows import Array
from engine.identity import decision_id
from engine.messages import Command, Decision, Judgement, Size

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

def publish(slot: SlotState, proposals: Proposals, disposition: Array, which: Array, context: Context) -> Verdicts:
    """Decisions for the rows `which` bool [m], commands for those among them that are to be commanded."""
    verdicts = Verdicts()
    for i in np.flatnonzero(which).tolist():
        decision = decision_of(slot, proposals, disposition, i, context)
        verdicts.judgements.extend(make_room(slot, proposals, i, context))
        verdicts.decisions.append(decision)
        _remember(slot.decide, proposals, disposition, i, decision)
        if disposition[i] == COMMANDED:
            verdicts.commands.append(command_of(slot, proposals, i, decision, context))
        elif decision.action != "hold":
            _judge_unseen(slot, proposals, i, decision)
    return verdicts


def make_room(slot: SlotState, proposals: Proposals, i: int, context: Context) -> list[Judgement]:
    """Row i's proposal changes a size: the change before it is judged, by the time that it had."""
    row, action = int(proposals.facts.rows[i]), proposals.action[i]
    if action == HOLD:
        return []
    count_in_hour(slot.account.decisions, row)
    return replaced(slot, row, bool(action == ROLLBACK), proposals.facts.time_s, context)


def _judge_unseen(slot: SlotState, proposals: Proposals, i: int, decision: Decision) -> None:
    sizes = (proposals.facts.request[i], proposals.request[i])
    shadow(slot, int(proposals.facts.rows[i]), decision.id, decision.action, sizes, decision.time_s)


def decision_of(slot: SlotState, proposals: Proposals, disposition: Array, i: int, context: Context) -> Decision:
    """The decision of row i of the proposals, with its evidence and what it saves."""
    facts = proposals.facts
    row, action = facts.rows[i], ACTIONS[proposals.action[i]]
    sampled_s = float(facts.sampled_s[i])
    return Decision(
        id=decision_id(slot.containers[row], action, facts.time_s),
        cluster=slot.cluster,
        slot=slot.slot,
        container=slot.containers[row],
        action=action,
        reason=REASONS[proposals.reason[i]],
        text=describe(proposals, i, slot.containers[row].split("/")[2]),
        time_s=facts.time_s,
        sampled_s=sampled_s,
        valid_until_s=sampled_s + context.sizing.validity_s,
        current=size_of(facts.request[i], facts.limit[i]),
        target=size_of(proposals.request[i], proposals.limit[i]),
        replicas=int(facts.replicas[i]),
        monthly_saving_usd=round(cost_of(facts, i, facts.request[i]) - cost_of(facts, i, proposals.request[i]), CENTS),
        stage=STAGES[slot.placement.stage[row]],
        disposition=DISPOSITIONS[disposition[i]],
        evidence=evidence_of(proposals, i, runner_up(proposals, i)),
    )


def command_of(slot: SlotState, proposals: Proposals, i: int, decision: Decision, context: Context) -> Command:
    """The command of a decision, whose outcome is awaited from now on. Bounds are those of what it moves."""
    facts, row, decide = proposals.facts, proposals.facts.rows[i], slot.decide
    until_s = decision.valid_until_s
    decide.pending_id[row] = np.uint64(int(decision.id, 16))
    decide.pending_until_s[row] = until_s + context.sizing.outcome_grace_s
    decide.pending_request[row], decide.pending_limit[row] = proposals.request[i], proposals.limit[i]
    decide.before_request[row], decide.before_limit[row] = facts.request[i], facts.limit[i]
    decide.pending_move[row] = NO_TYPE
    expect(slot, int(row), decision.id, decision.action)
    moved = changed(facts.request[i], proposals.request[i])
    most = np.where(moved | changed(facts.limit[i], proposals.limit[i]), facts.bounds.limit_ceiling[i], np.nan)
    policy_floor = np.where(moved, slot.placement.floor[row], np.nan)
    # The ceiling wins over the floor, here as in the sizes.
    floor = np.where(policy_floor > facts.ceiling[i], facts.ceiling[i], policy_floor)
    return Command(
        id=decision.id,
        cluster=slot.cluster,
        slot=slot.slot,
        container=decision.container,
        action=decision.action,
        reason=decision.reason,
        time_s=decision.time_s,
        valid_until_s=until_s,
        expected=decision.current,
        target=decision.target,
        floor=_requests(floor),
        ceiling=size_of(np.where(moved, facts.ceiling[i], np.nan), most),
        may_restart=not slot.placement.in_place[row],
    )


def _remember(decide: DecideRows, proposals: Proposals, disposition: Array, i: int, decision: Decision) -> None:
    row = proposals.facts.rows[i]
    decide.published_action[row] = proposals.action[i]
    decide.published_reason[row] = proposals.reason[i]
    decide.published_disposition[row] = disposition[i]
    decide.published_request[row] = proposals.request[i]
    offered = disposition[i] == RECOMMENDED
    decide.offered_id[row] = np.uint64(int(decision.id, 16) if offered else 0)
    decide.offered_until_s[row] = decision.valid_until_s
    decide.offered_limit[row] = proposals.limit[i]


def _requests(request: Array) -> Size:
    return size_of(request, np.full(2, np.nan))
