"""Hours added up: each once, by name, over a time."""

from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from engine.accuracy.table import table_of
from engine.accuracy.totals import accuracy_of, once
from engine.messages import Aggregate, ResourceHours

HOUR = 3600.0


def hour(number: int, workload: str = "cart", namespace: str = "web", judged: int = 2, right: int = 1) -> Aggregate:
    return Aggregate(
        cluster="shop", slot=0, namespace=namespace, workload=workload, hour_s=number * HOUR, container_hours=2.0,
        cpu=ResourceHours(2.0, 0.5, 1.5), memory=ResourceHours(4.0, 1.0, 3.0), saved_usd=0.25, promised_usd=0.5,
        decisions=3, judged=judged, right=right, oom_kills=1, evictions=2, throttled_minutes=5,
    )  # fmt: skip


def test_an_hour_that_comes_twice_counts_once() -> None:
    assert once([hour(0), hour(1), hour(0)]) == [hour(0), hour(1)]
    [cart] = accuracy_of("shop", [hour(0), hour(0), hour(1)], "workload").rows
    assert (cart.name, cart.container_hours, cart.decisions, cart.judged, cart.right) == ("web/cart", 4.0, 6, 4, 2)
    assert (cart.accuracy, cart.promised_usd, cart.realised_usd) == (0.5, 1.0, 0.5)
    assert (cart.cpu_wasted_core_hours, cart.memory_wasted_gib_hours) == (3.0, 6.0)
    assert (cart.oom_kills, cart.evictions, cart.throttled_minutes) == (2, 4, 10)


def test_names_are_workloads_or_namespaces() -> None:
    hours = [hour(0), hour(0, "cart", "api"), hour(0, "pay")]
    assert [row.name for row in accuracy_of("shop", hours, "workload").rows] == ["api/cart", "web/cart", "web/pay"]
    found = accuracy_of("shop", hours, "namespace")
    assert [(row.name, row.decisions) for row in found.rows] == [("api", 3), ("web", 6)]
    assert found.total.decisions == 9


def test_days_end_with_the_last_hour_that_was_told() -> None:
    found = accuracy_of("shop", [hour(number) for number in range(100)], "workload", days=1)
    assert (found.from_s, found.to_s) == (76 * HOUR, 100 * HOUR)
    assert found.total.container_hours == 48.0


def test_nothing_judged_has_no_accuracy() -> None:
    found = accuracy_of("shop", [hour(0, judged=0, right=0)], "workload")
    assert (found.total.accuracy, found.rows[0].accuracy) == (None, None)
    assert accuracy_of("shop", [], "workload").rows == []
    assert accuracy_of("mill", [hour(0)], "workload").rows == [], "another cluster's"


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["a", "b", "c"]), st.integers(0, 9)), max_size=30))
def test_the_total_is_that_of_the_names_and_of_any_order(given_hours: list[tuple[int, str, int]]) -> None:
    unique = {(number, workload): hour(number, workload, right=right) for number, workload, right in given_hours}
    hours = list(unique.values())
    found = accuracy_of("shop", hours, "workload")
    assert found.total.right == sum(row.right for row in found.rows) == sum(one.right for one in hours)
    assert found.total.realised_usd == pytest.approx(sum(row.realised_usd for row in found.rows))
    assert accuracy_of("shop", hours[::-1] + hours, "workload") == found


def test_the_table_fits_a_terminal_and_has_a_line_for_all() -> None:
    console = Console(width=80, file=io.StringIO())
    with console.capture() as capture:
        console.print(table_of(accuracy_of("shop", [hour(0), hour(0, "pay")], "workload")))
    said = capture.get()
    assert "shop, 1970-01-01 00:00 to 1970-01-01 01:00 UTC, money in USD" in said
    assert [line.split()[0] for line in said.splitlines() if "50.0 %" in line] == ["web/cart", "web/pay", "all"]


def test_json_has_the_fields() -> None:
    plain = msgspec.json.decode(msgspec.json.encode(accuracy_of("shop", [hour(0)], "workload")))
    assert plain["rows"][0]["accuracy"] == 0.5
    assert plain["total"]["name"] == "all"
