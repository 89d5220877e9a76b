"""The plan and the node groups as JSON: amounts in cores and GiB, money in USD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from engine.core.moves import Candidate, MovePlan, NodeGroup, Single, Terms
from engine.errors import UserError
from engine.moves.inputs import Needs
from engine.moves.stretches import stretches
from engine.units import GIB


def plan_json(plan: MovePlan, needs: Needs, terms: Terms) -> dict[str, Any]:
    """Slots, stretches, moves and sums."""
    names = [offer.name for offer in plan.offers]
    return {
        "needs": needs.source,
        "terms": asdict(terms),
        "candidates": [
            {**_capacity(capacity[0], capacity[1]), "type": offer.name, "usd_hour": offer.usd_hour,
             "surcharge_usd_hour": offer.surcharge_usd_hour}
            for offer, capacity in zip(plan.offers, plan.capacity.tolist(), strict=True)
        ],
        "slots": [
            {"time": needs.clock(slot), "type": names[machine], "usd": usd, **_capacity(*amounts)}
            for slot, (machine, usd, amounts) in enumerate(
                zip(plan.machine.tolist(), plan.usd.tolist(), needs.amounts.tolist(), strict=True)
            )
        ],
        "stretches": [
            {"from": needs.clock(each.first), "slots": each.end - each.first, "type": names[each.offer],
             "ordered": needs.clock(each.move.ordered) if each.move else None, "why": each.why, "usd": each.usd,
             "move_usd": each.move.usd if each.move else 0.0}
            for each in stretches(plan, needs)
        ],
        "moves": len(plan.moves),
        "moves_usd": plan.moves_usd,
        "total_usd": plan.total_usd,
        "single": _single(plan.single, names),
        "staying": _single(plan.staying, names),
        "saving": plan.saving,
        "saving_usd_month": plan.saving_usd_month,
    }  # fmt: skip


def groups_json(groups: Sequence[NodeGroup], candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """The cheapest first; `nodes` is null where a container is larger than a node."""
    return [
        {"type": candidates[group.candidate].name, "nodes": group.nodes, "bound": group.bound, "gap": group.gap,
         "usd_hour": group.usd_hour if group.nodes is not None else None, "bound_usd_hour": group.bound_usd_hour,
         "unfit": group.unfit}
        for group in groups
    ]  # fmt: skip


def _capacity(cores: float, memory_bytes: float) -> dict[str, float]:
    return {"cpu": cores, "memory_gib": memory_bytes / GIB}


def _single(single: Single | None, names: Sequence[str]) -> dict[str, Any] | None:
    return None if single is None else {"type": names[single.offer], "usd": single.usd}


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Raises UserError when the file cannot be written."""
    try:
        path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.") from error
