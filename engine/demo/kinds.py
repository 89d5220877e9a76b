"""Every kind of decision: how many, what became of them, what they come to, and one in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final, get_args

import msgspec

from engine.demo.standing import in_order, is_piloted, was_applied
from engine.messages import Action, Decision, Outcome

ORDER: Final[tuple[str, ...]] = ("resize_up", "resize_down", "urgent_up", "rollback", "move", "hold")
assert set(ORDER) == set(get_args(Action))
APPROVED: Final = "approved"
LEAD: Final = (
    "Told: auto-pilot was off, or the kind is left to people. Commanded: by auto-pilot, or after somebody's approval. "
    "Savings count the latest decision of a kind about each container; they are negative where safety costs."
)
NUMBERS: Final = ("decisions", "told", "commanded", "carried out", "saves a month", "… carried out")


class Kind(msgspec.Struct, frozen=True):
    """One kind of decision, or those that a person approved (`approved`, which are of their kinds too).

    `usd_month` is what the latest one of each container comes to, `applied_usd_month` of what was carried out.
    """

    name: str
    decisions: int
    recommended: int
    commanded: int
    applied: int
    usd_month: float
    applied_usd_month: float
    example: str
    example_container: str


def kinds(decisions: Iterable[Decision], outcomes: Mapping[str, Outcome], scope: str) -> list[Kind]:
    """In the order of `ORDER`, all of them, then what people approved; examples of what was carried out come first."""
    ordered = in_order(decisions)
    found = [_kind(name, [d for d in ordered if d.action == name], outcomes) for name in ORDER]
    by_hand = [d for d in ordered if d.evidence.trigger == "approval" and not is_piloted(d.container, scope)]
    return [*found, _kind(APPROVED, by_hand, outcomes)]


def _kind(name: str, some: list[Decision], outcomes: Mapping[str, Outcome]) -> Kind:
    applied = [d for d in some if was_applied(d, outcomes)]
    example = max(applied or some, key=lambda d: abs(d.monthly_saving_usd), default=None)
    return Kind(
        name=name,
        decisions=len(some),
        recommended=sum(d.disposition == "recommended" for d in some),
        commanded=sum(d.disposition == "commanded" for d in some),
        applied=len(applied),
        usd_month=_latest_usd(some),
        applied_usd_month=_latest_usd(applied),
        example=example.text if example else "",
        example_container=example.container.partition("/")[2] if example else "",
    )


def _latest_usd(some: list[Decision]) -> float:
    latest = {d.container: d.monthly_saving_usd for d in some}
    return round(sum(latest.values()), 2)


def table(found: Iterable[Kind]) -> str:
    """As HTML; a kind that did not occur says so."""
    head = "".join(
        f"<th{kind}>{escape(name)}</th>"
        for name, kind in (("kind", ""), *((n, ' class="number"') for n in NUMBERS), ("an example", ""))
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_row(each) for each in found)}</tbody></table>"


def _row(kind: Kind) -> str:
    counts = (kind.decisions, kind.recommended, kind.commanded, kind.applied)
    money = (kind.usd_month, kind.applied_usd_month)
    cells = [f"{count:,}" for count in counts] + [_usd(amount) for amount in money]
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    tag = f'<span class="tag {kind.name}">{escape(kind.name.replace("_", " "))}</span>'
    return f"<tr><td>{tag}</td>{numbers}<td>{_example(kind)}</td></tr>"


def _example(kind: Kind) -> str:
    if not kind.example:
        return "did not occur"
    why, _, details = kind.example.partition("; ")
    details = f'<div class="details">{escape(kind.example_container)}: {escape(details)}</div>'
    return f"{escape(why)}{details}"


def _usd(amount: float) -> str:
    return "–" if amount == 0 else f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"
