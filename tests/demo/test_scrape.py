"""Reading /metrics pages."""

from __future__ import annotations

from engine.demo.scrape import NOTHING, is_ready, parse, scrape

PAGE = """# HELP t_commands_total Commands.
# TYPE t_commands_total counter
t_commands_total{result="applied",reason=""} 3.0
t_commands_total{result="refused",reason="expired"} 1.0
t_commands_total{result="refused",reason="frozen"} 1.0
# TYPE t_wape_ratio gauge
t_wape_ratio{lead="2h"} 0.25
t_wape_ratio{lead="4h"} NaN
# TYPE t_latency_seconds histogram
t_latency_seconds_bucket{le="0.1"} 5.0
t_latency_seconds_bucket{le="0.2"} 9.0
t_latency_seconds_bucket{le="+Inf"} 10.0
t_latency_seconds_count 10.0
t_latency_seconds_sum 1.2
"""


def test_sums_values_and_groups() -> None:
    page = parse(PAGE)
    assert page.total("t_commands_total") == 5
    assert page.total("t_commands_total", result="refused") == 2
    assert page.by("t_commands_total", "result") == {"applied": 3, "refused": 2}
    assert page.value("t_wape_ratio", lead="2h") == 0.25
    assert page.value("t_wape_ratio", lead="4h") is None
    assert page.value("absent") is None


def test_quantiles_are_linear_within_a_bucket() -> None:
    page = parse(PAGE)
    p50 = page.quantile("t_latency_seconds", 0.5)
    p70 = page.quantile("t_latency_seconds", 0.7)
    assert p50 is not None and abs(p50 - 0.1) < 1e-12  # noqa: PT018
    assert p70 is not None and abs(p70 - 0.15) < 1e-12  # noqa: PT018
    assert page.quantile("t_latency_seconds", 0.99) == 0.2  # beyond the last bound nothing more is known
    assert page.quantile("absent", 0.5) is None


def test_a_program_that_does_not_answer_has_no_metrics() -> None:
    assert scrape(1) == NOTHING
    assert not is_ready(1)
