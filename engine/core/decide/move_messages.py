"""A choice of machines as a decision: target, evidence, runner-up, and the text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace

from engine.core.decide.calendar import BUCKETS, SLOT_S, SLOTS, begin_of, occurrences
from engine.core.decide.facts import Facts
from engine.core.decide.fitting import FITS
from engine.core.decide.move_choice import DAYS_PER_MONTH, QUANTILES, quantile_of
from engine.core.decide.move_sentences import move_text, order_text, runner_up_text, withdrawal_text
from engine.core.decide.move_types import Choice
from engine.core.decide.proposals import TRIGGERS, Proposals, dispositions
from engine.core.decide.publish import decision_of
from engine.core.decide.risk import stated
from engine.core.decide.runner_up import CENTS
from engine.core.decide.state import COMMANDED, HOLD, MOVE, REASON
from engine.core.placement import size_of
from engine.identity import decision_id
from engine.messages import Decision, MachineStretch, MoveEvidence, MoveTarget, PlannedMove, RunnerUp

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.decide.parameters import MoveParameters
    from engine.core.decide.state import DecideRows
    from engine.core.state import SlotState

Moves = list[tuple[int, int]]
"""Half hours since 1970 from which a machine serves, and its place among the candidates."""
_DIGITS: Final = 4


def first_moves(
    decide: DecideRows, row: int, bucket: int, choice: Choice, most: int, parameters: MoveParameters
) -> Moves:
    """Those of the plan's first day, as soon as they may be: ordered ahead, and no more than `most` in any 24 h."""
    earliest = -(-bucket // BUCKETS) + parameters.arrival_slots
    past, plan = decide.moved[row].tolist(), choice.plan()
    if choice.is_for_good:
        at = begin_of(past, [], earliest, most)
        return [(at, plan[0][1])]
    places = dict(plan)
    begin = begin_of(past, list(places), earliest, most)
    return [(at, places[at % SLOTS]) for at in occurrences(list(places), begin, begin + SLOTS)]


def move_decision(slot: SlotState, facts: Facts, choice: Choice, moves: Moves, most: int, context: Context) -> Decision:
    """Recommended where a resize might be commanded: a plan of moves is for a person to approve."""
    replicas, risk = int(facts.replicas[0]), stated(slot.placement, facts.rows, context.sizing)
    quantile = QUANTILES[int(quantile_of(context.moves, risk)[0])]
    evidence = evidence_of(facts, choice, most, quantile, context)
    base = _base(slot, facts, MOVE, choice.reason, context)
    saving = (choice.baseline_usd - choice.usd) * replicas * DAYS_PER_MONTH
    runner_up = _runner_up(facts, choice, replicas)
    target = target_of(choice, moves, context.moves.arrival_slots)
    return replace(
        base,
        text=move_text(choice, target, evidence),
        monthly_saving_usd=round(saving, CENTS),
        evidence=replace(base.evidence, runner_up=runner_up, move=evidence),
        move=target,
    )


def withdrawal(slot: SlotState, facts: Facts, choice: Choice, context: Context) -> Decision:
    """A hold that takes back what was recommended."""
    base = _base(slot, facts, HOLD, "moves_no_longer_pay", context)
    identity = decision_id(base.container, "withdraw", base.time_s)
    return replace(base, id=identity, text=withdrawal_text(choice, int(facts.replicas[0])))


def order_decision(slot: SlotState, proposals: Proposals, to_type: str, context: Context) -> Decision:
    """One move of an approved plan, commanded now."""
    decision = decision_of(slot, proposals, np.array([COMMANDED], dtype=np.int8), 0, context)
    time_s, kind = decision.time_s, int(slot.placement.node_type[proposals.facts.rows[0]])
    from_type = slot.node_types[kind] if kind >= 0 else ""
    move = PlannedMove(time_s, time_s + context.moves.arrival_slots * SLOT_S, to_type)
    return replace(
        decision,
        id=decision_id(decision.container, f"order/{to_type}", time_s),
        text=order_text(from_type, move),
        move=MoveTarget(from_type, to_type, time_s, time_s + SLOTS * SLOT_S, [move]),
    )


def proposals_of(facts: Facts, action: int, reason: str, trigger: str) -> Proposals:
    """One row's, with the size as it is."""
    return Proposals(
        facts=facts,
        action=np.array([action]),
        reason=np.array([REASON[reason]]),
        trigger=np.array([TRIGGERS.index(trigger)], dtype=np.int8),
        request=facts.request,
        limit=facts.limit,
        reasons=np.full((1, 2), FITS),
    )


def _base(slot: SlotState, facts: Facts, action: int, reason: str, context: Context) -> Decision:
    proposals = proposals_of(facts, action, reason, "bucket_close")
    return decision_of(slot, proposals, dispositions(slot.placement, proposals), 0, context)


def target_of(choice: Choice, moves: Moves, arrival: int) -> MoveTarget:
    names = [each.name for each in choice.market.candidates]
    return MoveTarget(
        from_type=names[choice.market.present],
        to_type=names[moves[0][1]],
        begin_s=float((moves[0][0] - arrival) * SLOT_S),
        end_s=float((moves[0][0] - arrival + SLOTS) * SLOT_S),
        moves=[PlannedMove(float((at - arrival) * SLOT_S), float(at * SLOT_S), names[to]) for at, to in moves],
        daily=not choice.is_for_good,
    )


def evidence_of(facts: Facts, choice: Choice, most: int, quantile: float, context: Context) -> MoveEvidence:
    replicas, names = int(facts.replicas[0]), [each.name for each in choice.market.candidates]

    def usd(day: float) -> float:
        return round(day * replicas, CENTS)

    return MoveEvidence(
        stretches=stretches_of(choice, replicas),
        quantile=quantile,
        model=context.moves.model,
        usd_day=usd(choice.usd),
        moves_usd_day=usd(choice.day.moves_usd(choice.machine)),
        moves=len(choice.day.moved(choice.machine)),
        moves_a_day=most,
        bound_usd_day=usd(choice.day.bound_usd),
        single_type=names[choice.single] if np.isfinite(choice.single_usd) else None,
        single_usd_day=usd(choice.single_usd) if np.isfinite(choice.single_usd) else None,
        staying_usd_day=usd(choice.staying_usd) if np.isfinite(choice.staying_usd) else None,
    )


def stretches_of(choice: Choice, replicas: int) -> list[MachineStretch]:
    """The day from its first move on; the last stretch ends where the first begins."""
    begins = [0] if choice.is_for_good else choice.day.moved(choice.machine).tolist()
    stretches = []
    for begin, end in zip(begins, [*begins[1:], begins[0] + SLOTS], strict=True):
        slots = np.arange(begin, end) % SLOTS
        place = int(choice.machine[begin])
        peak = choice.market.in_cores(choice.needs[slots].max(axis=0), place)
        usd = round(float(choice.day.cost[slots, place].sum()) * replicas, CENTS)
        name = choice.market.candidates[place].name
        ends_s = (end % SLOTS or SLOTS) * SLOT_S
        cpu, memory = round(float(peak[0]), _DIGITS), float(np.rint(peak[1]))
        stretches.append(MachineStretch(begin * SLOT_S, ends_s, name, cpu, memory, usd))
    return stretches


def _runner_up(facts: Facts, choice: Choice, replicas: int) -> RunnerUp:
    """The best single type, or staying where the choice is one type for good."""
    keeps = choice.is_for_good or choice.single == choice.market.present
    keeps &= bool(np.isfinite(choice.staying_usd))
    usd = choice.staying_usd if keeps else choice.single_usd
    return RunnerUp(
        name="keep" if keeps else choice.market.candidates[choice.single].name,
        size=size_of(facts.request[0], facts.limit[0]),
        monthly_usd=round(usd * replicas * DAYS_PER_MONTH, CENTS),
        why_not=runner_up_text(choice, (usd - choice.usd) * replicas * DAYS_PER_MONTH),
    )
