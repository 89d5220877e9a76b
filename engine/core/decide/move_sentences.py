"""What a move is said to people as: which machine when, what decides there, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.core.decide.calendar import SLOT_S, SLOTS
from engine.core.decide.move_types import Choice
from engine.core.decide.sentences import OPENINGS, amount_text
from engine.core.rows import Array
from engine.messages import MachineStretch, MoveEvidence, MoveTarget, PlannedMove
from engine.units import GIB, MEMORY

BY_APPROVAL: Final = "moves are commanded once a person approves"
_NAMES: Final = ("CPU", "memory")


def move_text(choice: Choice, target: MoveTarget, evidence: MoveEvidence) -> str:
    """Why, then the machines by time, the money, and when the first is ordered."""
    first = target.moves[0]
    parts = [
        OPENINGS[choice.reason],
        *[_stretch(stretch, choice, target.daily) for stretch in evidence.stretches],
        *_unrated(choice, [target.from_type, *(stretch.node_type for stretch in evidence.stretches)]),
        _money(target, evidence),
        f"{first.to} is ordered at {_clock(first.ordered_s)} and serves from {_clock(first.at_s)} UTC on",
        BY_APPROVAL,
    ]
    return "; ".join(parts) + "."


def _stretch(stretch: MachineStretch, choice: Choice, daily: bool) -> str:
    when = f"daily from {_clock(stretch.from_s)} to {_clock(stretch.until_s)} UTC" if daily else "for good"
    need = np.array([stretch.cpu, stretch.memory])
    market = choice.market
    place = next(n for n, each in enumerate(market.candidates) if each.name == stretch.node_type)
    machine = market.candidates[place]
    capacity = market.in_cores(np.array([machine.cores, machine.memory_bytes]), place)
    decides = int((need / capacity).argmax())
    amounts = f"{_amount(need, decides)} of {_amount(capacity, decides)}"
    return f"{stretch.node_type} {when}, where {_NAMES[decides]} decides: {amounts}"


def _unrated(choice: Choice, names: Sequence[str]) -> list[str]:
    """Types of the plan that count as the reference while others of it are rated."""
    types = dict.fromkeys(names)
    unrated = [name for name in types if name in choice.market.unrated]
    if not unrated or len(unrated) == len(types):
        return []
    return [f"CPU of {', '.join(unrated)} counts as the reference type's, as no compute units are stated"]


def _money(target: MoveTarget, evidence: MoveEvidence) -> str:
    moved = f", {evidence.moves_usd_day:.2f} of it for {evidence.moves} moves" if evidence.moves else ""
    line = f"a day costs {evidence.usd_day:.2f} USD{moved}"
    if evidence.staying_usd_day is not None:
        line += f", on {target.from_type} alone {evidence.staying_usd_day:.2f}"
    if target.daily and evidence.single_usd_day is not None and evidence.single_type != target.from_type:
        line += f", on {evidence.single_type} alone {evidence.single_usd_day:.2f}"
    return line


def order_text(from_type: str, move: PlannedMove) -> str:
    ordered = f"{move.to} is ordered at {_clock(move.ordered_s)} and serves from {_clock(move.at_s)} UTC on"
    return f"{OPENINGS['moves_approved']}; {ordered}{f', instead of {from_type}' if from_type else ''}."


def withdrawal_text(choice: Choice, replicas: int) -> str:
    name = choice.market.candidates[choice.market.present].name
    return f"{OPENINGS['moves_no_longer_pay']}; a day on {name} costs {choice.baseline_usd * replicas:.2f} USD."


def runner_up_text(choice: Choice, more_usd: float) -> str:
    if choice.is_for_good and choice.single != choice.market.present and not np.isfinite(choice.staying_usd):
        return "It is the one that is taken."
    why = "for what is needed at some hours only" if not choice.is_for_good else "for the same needs"
    return f"It costs {more_usd:.2f} USD a month more, {why}."


def _clock(time_s: float) -> str:
    """Such as `20:30`; `24:00` for the end of a day."""
    minutes = round(time_s) // 60
    if minutes == SLOTS * SLOT_S // 60:
        return "24:00"
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _amount(amounts: Array, resource: int) -> str:
    if resource == MEMORY and amounts[MEMORY] >= GIB:
        return f"{amounts[MEMORY] / GIB:.3g} GiB"
    return amount_text(amounts[resource], resource)
