"""Rows, selection, order and tables: no broker."""

from __future__ import annotations

import json

import pytest

from engine.console.printing import Table, document, name_of, streamed
from engine.console.rows import Row, container_row, decision_row
from engine.console.selecting import Selection, near, ordered, selector_of
from engine.errors import UserError
from engine.messages import ContainerSpec, Roster, Size
from engine.units import GIB
from tests.console.made import decision, judgement

T = 1_000_000.0
UP = decision(
    "prod/shop/checkout/app", T - 130, "resize_up", "oom_kill", Size(0.62, None, 1.5 * GIB), "commanded", -4.0
)
HOLD = decision("prod/web/cart/app", T, "hold", "within_band", disposition="none")


def rows() -> list[Row]:
    return [decision_row(UP, judgement(UP, False), T), decision_row(HOLD, None, T)]


def names(found: list[Row]) -> list[str]:
    return [row.name for row in found]


def test_a_table_as_kubectl_prints_it() -> None:
    assert Table("decisions", False, True, True).lines(rows()) == [
        "NAMESPACE   NAME           ACTION      REASON        CPU          MEMORY           SAVING   STATUS      AGE",
        "shop        checkout/app   resize_up   oom_kill      500m->620m   1024Mi->1536Mi   -4.00    commanded   2m10s",
        "web         cart/app       hold        within_band   500m         1024Mi           0.00     none        0s",
    ]


def test_watched_rows_stand_under_the_first_ones() -> None:
    table = Table("decisions", False, False, headers=False)
    first, later = table.lines(rows()[:1]), table.lines(rows()[1:])
    assert len(first) == len(later) == 1
    assert first[0].index("oom_kill") == later[0].index("within_band")


def test_wide_has_the_limits_and_what_became_of_it() -> None:
    header, line, _ = Table("decisions", True, False, True).lines(rows())
    assert header.split()[-6:] == ["ID", "STAGE", "REPLICAS", "CPU-LIMIT", "MEMORY-LIMIT", "JUDGED"]
    assert line.split()[-6:] == [UP.id, "recommend", "1", "<none>", "<none>", "wrong"]


def test_json_is_the_message_itself_or_a_list_of_them() -> None:
    found = json.loads(document(rows(), "json", single=False))
    assert (found["kind"], [one["id"] for one in found["items"]]) == ("List", [UP.id, HOLD.id])
    assert json.loads(document(rows()[:1], "json", single=True))["judgement"]["right"] is False
    assert json.loads(streamed(rows()[1], "json"))["action"] == "hold"
    assert "action: hold" in document(rows(), "yaml", single=False)
    assert name_of(rows()[0]) == f"decision/{UP.id}"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection("prod"), ["shop/checkout/app", "web/cart/app"]),
        (Selection("prod", "web"), ["web/cart/app"]),
        (Selection("prod", "web", ["checkout"]), []),
        (Selection("prod", "shop", ["checkout/app"]), ["shop/checkout/app"]),
        (Selection("prod", "shop", ["shop/checkout"]), ["shop/checkout/app"]),
        (Selection("prod", None, ["prod/shop/checkout/app"]), ["shop/checkout/app"]),
        (Selection("prod", None, [HOLD.id]), ["web/cart/app"]),
        (Selection("prod", None, ["sho", "checkout/app"]), []),
        (Selection("prod", None, (), "action=resize_up,judged!=right"), ["shop/checkout/app"]),
        (Selection("prod", None, (), "status==none"), ["web/cart/app"]),
        (Selection("prod", None, (), "reason!=within_band,reason!=oom_kill"), []),
    ],
)
def test_selection(selection: Selection, expected: list[str]) -> None:
    assert names(selection.chosen(rows())) == expected


@pytest.mark.parametrize("text", ["action", "colour=red", "action=a=b"])
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(UserError, match="--selector"):
        selector_of(text)


def test_order() -> None:
    assert names(ordered(rows(), "saving")) == ["shop/checkout/app", "web/cart/app"]
    assert names(ordered(rows(), "age")) == ["web/cart/app", "shop/checkout/app"]
    assert names(ordered(rows(), "action")) == ["web/cart/app", "shop/checkout/app"]
    with pytest.raises(UserError, match="no column 'colour'"):
        ordered(rows(), "colour")


def test_names_that_are_alike() -> None:
    known = ["shop/checkout/app", "shop/cart/app", "ops/job/run"]
    assert near("shop/chekout/app", known)[0] == "shop/checkout/app"
    assert near("checkout/app", known)[0] == "shop/checkout/app"
    assert near("zzz", known) == []


def test_a_container_without_a_decision() -> None:
    spec = ContainerSpec(namespace="shop", workload="checkout", container="app", size=Size(cpu_request=0.25))
    roster = Roster(cluster="prod", slot=0, sent_s=T, time_s=T, roster="r", containers=[spec])
    row = container_row(roster, spec, None, T)
    assert (row.cells["CPU"], row.cells["MEMORY"], row.cells["ACTION"]) == ("250m", "<none>", "<none>")
    with_one = container_row(roster, spec, UP, T)
    assert (with_one.cells["CPU"], with_one.cells["MEMORY"]) == ("250m->620m", "<none>->1536Mi")
