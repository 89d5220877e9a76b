"""A person approves a recommendation: it is commanded if it still stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace

from engine.core.decide.facts import bucket_at, gather
from engine.core.decide.fitting import FITS, fit
from engine.core.decide.move_orders import approve_plan, is_plan
from engine.core.decide.proposals import TRIGGERS, Proposals, Verdicts, note_recommended
from engine.core.decide.publish import command_of, decision_of, make_room
from engine.core.decide.remembered import recalled
from engine.core.decide.runs import is_running
from engine.core.decide.state import COMMANDED, DISPOSITIONS, HOLD
from engine.core.effects import Refused
from engine.identity import decision_id
from engine.messages import Decision

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState

REFUSALS: Final = {
    "approval_superseded": "It is not the recommendation that stands for this container",
    "approval_expired": "It was valid until a time that has passed",
    "frozen": "The container is frozen",
    "pending": "Another command is under way",
    "approved_already": "Its plan is approved, and followed, already",
    "out_of_bounds": "Its size no longer keeps the bounds, the quota or the QoS class",
}


def approve(slot: SlotState, container: str, wanted_id: str, time_s: float, context: Context) -> Verdicts:
    """Commands the recommendation `wanted_id` that stands for the container, under an id of its own.

    A plan of moves is answered by a hold that says so, and each move commanded when it is due, the first maybe now.

    What cannot be commanded is answered by a hold with a reason of REFUSALS. Raises Refused for a container that is
    not in the slot.
    """
    if container not in slot.containers:
        raise Refused("unknown_container", f"Expected a container of the slot, got `{container}`")
    row = slot.containers.index(container)
    refusal = _refusal(slot, row, wanted_id, time_s, context)
    if not refusal and is_plan(slot, row, wanted_id):
        return approve_plan(slot, row, wanted_id, time_s, context)
    proposals = _offered(slot, row, time_s, context, held=bool(refusal))
    if not refusal and (fit(proposals.facts, proposals.request, proposals.limit).held != FITS).any():
        refusal, proposals = "out_of_bounds", _offered(slot, row, time_s, context, held=True)
    disposition = np.array([DISPOSITIONS.index("none") if refusal else COMMANDED], dtype=np.int8)
    decision = decision_of(slot, proposals, disposition, 0, context)
    if refusal:
        return Verdicts([_answer(decision, refusal, wanted_id)])
    decision = replace(decision, id=decision_id(container, f"approve/{wanted_id}", time_s))
    judgements = make_room(slot, proposals, 0, context)
    command = replace(command_of(slot, proposals, 0, decision, context), approved=True)
    slot.decide.offered_id[row] = 0
    note_recommended(slot.decide, proposals, disposition)
    return Verdicts([decision], [command], judgements)


def _rests(slot: SlotState, row: int, time_s: float, context: Context) -> bool:
    """A job between its runs: its recommendation rests on that nothing runs, and stands until the next run."""
    running = is_running(slot, np.array([row]), bucket_at(time_s), context.sizing)
    return bool(slot.placement.by_run[row] and not running[0])


def _refusal(slot: SlotState, row: int, wanted_id: str, time_s: float, context: Context) -> str:
    """Why the approval cannot be followed, a key of REFUSALS; empty when it can."""
    decide = slot.decide
    if is_plan(slot, row, wanted_id):
        if decide.move_approved[row]:
            return "approved_already"
        return "frozen" if slot.placement.frozen[row] else ""
    if decide.offered_id[row] == 0 or f"{int(decide.offered_id[row]):016x}" != wanted_id:
        return "approval_superseded"
    if time_s > decide.offered_until_s[row] and not _rests(slot, row, time_s, context):
        return "approval_expired"
    if slot.placement.frozen[row]:
        return "frozen"
    return "pending" if time_s < decide.pending_until_s[row] else ""


def _offered(slot: SlotState, row: int, time_s: float, context: Context, held: bool) -> Proposals:
    """The offer as a proposal, or the present size."""
    rows, decide = np.array([row]), slot.decide
    known_s = np.array([time_s]) if _rests(slot, row, time_s, context) else None
    facts = gather(slot, rows, bucket_at(time_s), time_s, context, known_s)
    bounds = facts.floor, facts.ceiling, facts.bounds.limit_ceiling
    return Proposals(
        facts=facts,
        action=np.array([HOLD]) if held else decide.published_action[rows],
        reason=np.maximum(decide.published_reason[rows], 0),
        trigger=np.array([TRIGGERS.index("approval")]),
        request=facts.request if held else recalled(decide.published_request[rows], *bounds, facts.request),
        limit=facts.limit if held else recalled(decide.offered_limit[rows], *bounds, facts.limit),
        reasons=np.full((1, 2), FITS),
    )


def _answer(decision: Decision, refusal: str, wanted_id: str) -> Decision:
    own_id = decision_id(decision.container, f"refuse/{wanted_id}", decision.time_s)
    text = f"Decision {wanted_id} was not commanded: {REFUSALS[refusal]}."
    return replace(decision, id=own_id, reason=refusal, text=text)
