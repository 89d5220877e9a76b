"""A judgement as a message, with its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.decide.judged import APPLIED, JudgementRows
from engine.core.decide.runner_up import CENTS
from engine.core.decide.state import ACTIONS
from engine.messages import Judgement, ResourceJudgement
from engine.units import CPU, MEMORY

if TYPE_CHECKING:
    from engine.core.state import SlotState


def told(
    slot: SlotState,
    row: int,
    times_s: tuple[float, float],
    right: bool | None,
    usd: tuple[float, float],
    *,
    harmed: bool,
    undone: bool,
) -> Judgement:
    """The judgement of the row's change: when it took effect and was judged, USD a month promised and realised."""
    rows = slot.judgement
    seen = int(rows.seen[row])
    better = float(rows.better[row]) / max(seen, 1)
    return Judgement(
        id=f"{int(rows.id[row]):016x}",
        cluster=slot.cluster,
        slot=slot.slot,
        container=slot.containers[row],
        action=ACTIONS[rows.action[row]],
        applied=bool(rows.phase[row] == APPLIED),
        time_s=times_s[0],
        judged_s=times_s[1],
        right=right,
        buckets=seen,
        cpu=_resource(slot, row, CPU),
        memory=_resource(slot, row, MEMORY),
        promised_usd=round(usd[0], CENTS),
        realised_usd=round(usd[1], CENTS),
        better_usd=round(better, CENTS),
        text=_sentence(rows, row, right, better, times_s, harmed=harmed, undone=undone),
    )


def _resource(slot: SlotState, row: int, resource: int) -> ResourceJudgement:
    rows, unset = slot.judgement, np.isnan(slot.decide.pending_request[row, resource])
    share = float(rows.short[row, resource]) / max(int(rows.seen[row]), 1)
    peak = int(rows.peak[row, resource])
    return ResourceJudgement(
        short_share=0.0 if unset else round(share, 4), peak_share=None if unset or not peak else peak / 100
    )


def _sentence(
    rows: JudgementRows,
    row: int,
    right: bool | None,
    better: float,
    times_s: tuple[float, float],
    *,
    harmed: bool,
    undone: bool,
) -> str:
    if right is None:
        return "Not judged: it was replaced before a bucket closed, or there were no samples."
    if undone:
        return f"Wrong: it was taken back after {(times_s[1] - times_s[0]) / 60:.0f} min."
    if harmed:
        return "Wrong: the container was throttled, evicted or OOM-killed at this size."
    said = "Right" if better >= 0 else "Right, it fitted" if right else "Wrong"
    compared = f"{abs(better):.2f} USD a month {'less' if better >= 0 else 'more'} than staying"
    seen = int(rows.seen[row])
    short = f"CPU was short in {rows.short[row, CPU]}, memory in {rows.short[row, MEMORY]} of {seen} buckets"
    return f"{said}: with shortage priced in it cost {compared}; {short}."
