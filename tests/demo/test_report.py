"""The report is one file that holds what it must and asks the network for nothing."""

from __future__ import annotations

import json
import re

import pytest

from engine.demo.accuracy import accuracies
from engine.demo.audit import Audit
from engine.demo.axes import amount, change, day
from engine.demo.interesting import choose
from engine.demo.report import Material, render, table_rows
from engine.demo.summary import Facts, Summary, summarise
from engine.messages import Outcome, Size
from tests.demo import made_up

START_S = (made_up.FIRST - 1) * 300.0


VERDICTS = (True, True, False, None)


def outcomes() -> dict[str, Outcome]:
    return {
        d.id: Outcome(
            cluster="shop", slot=0, sent_s=0, container=d.container, command_id=d.id, status="applied", time_s=d.time_s
        )
        for d in made_up.decisions()
        if d.disposition == "commanded" and d.action != "hold"
    }


def summary(sent: int = 1000, missing: int = 0) -> Summary:
    return summarise(
        Facts(
            trace="made <up>",
            derived="Containers are derived from 3 real traces by scale and phase.",
            assumed="Requests are assumed.",
            scope="team-a",
            samples_sent=sent,
            samples_dead_lettered=10,
            counters={"samples_folded": 990, "samples_late": 3, "samples_duplicate": 2},
            dead_letters=[],
            containers=6,
            decisions=made_up.decisions(),
            judgements=[made_up.judgement(name, right) for name, right in zip(made_up.NAMES, VERDICTS, strict=False)],
            commands=[],
            commanded_s={},
            outcomes=outcomes(),
            realised_usd=16.0,
            recommended_usd=24.5,
            promised_usd=20.0,
            saved_usd=1.25,
            accuracies=accuracies(made_up.trajectories()),
            latencies_ms=[10.0, 20.0, 30.0],
            writes=5,
            event_days=4.0,
            wall_seconds=61.0,
            autopilot_day=2.0,
            audit=Audit(not missing, missing, 0, 0, 0),
        )
    )


@pytest.fixture(scope="module")
def html() -> str:
    run = made_up.trajectories()
    decisions = made_up.decisions()
    shown = choose(decisions, outcomes(), run, "team-a")
    pilot_s = made_up.AUTOPILOT_BUCKET * 300.0
    done, scored = outcomes(), accuracies(run)
    return render(Material(summary(), scored, run, decisions, done, [10.0, 20.0], shown, "team-a", pilot_s, START_S))


def test_nothing_is_loaded_from_elsewhere(html: str) -> None:
    ours = re.sub(r"<script>/\*\*.*?</script>", "", html, flags=re.DOTALL)  # plotly's own script names its home page
    assert len(ours) < len(html) / 2
    assert not re.search(r"""(src|href)\s*=|@import|url\(|https?://""", ours)


def test_it_says_what_is_derived_and_assumed_and_escapes_names(html: str) -> None:
    assert "derived from 3 real traces" in html
    assert "Requests are assumed." in html
    assert "made &lt;up&gt;" in html
    assert "made <up>" not in html


def test_figures_and_decisions_are_in_it(html: str) -> None:
    found = re.search(r'id="data">(.*?)</script>', html, flags=re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert {"halves", "latency", "container-0"} <= data["figures"].keys()
    names = {trace["name"] for trace in data["figures"]["container-0"]["data"] if "name" in trace}
    assert {"actual", "4 h forecast", "4 h forecast, 5–95 %", "request", "limit", "resize down"} <= names
    assert len(data["decisions"]) == len(made_up.decisions())
    assert any("<b>" in row["text"] for row in data["decisions"])  # as text: it is set with textContent


def test_accuracy_is_told_at_every_lead_in_words(html: str) -> None:
    leads = re.findall(r"<td>CPU</td><td>(.*?)</td>", html)
    assert leads == ["15 min", "30 min", "1 h", "2 h", "4 h"]


def test_summary_balances_and_says_so() -> None:
    good = summary()
    assert good.balance
    assert good.problems() == []
    assert (good.wape_4h, good.latency_ms.p50, good.commands_applied) == (0.05, 20.0, 5)
    assert good.decisions == {"hold": 1, "move": 1, "resize_down": 6, "rollback": 1, "urgent_up": 1}


def test_a_lost_sample_and_a_missing_decision_are_named() -> None:
    lost = summary(sent=1001, missing=2).problems()
    assert "1001 sent, 990 folded and 10 dead-lettered" in lost[0]
    assert "2 missing" in lost[1]


def test_when_rows_are_too_many_the_changes_stay() -> None:
    rows = table_rows(made_up.decisions(), {}, START_S, limit=3)
    assert [row["action"] for row in rows] == ["resize_down"] * 3
    assert [row["saving"] for row in rows] == [8.0, 9.0, 10.0]  # in order of time


def test_amounts_and_times_read_as_people_write_them() -> None:
    assert [amount(v, 0) for v in (0.25, 1.5, None)] == ["250 m", "1.5 cores", "–"]
    assert [amount(v, 1) for v in (640 * 2.0**20, 2.25 * 2.0**30)] == ["640 MiB", "2.25 GiB"]
    assert change(Size(1.0, None, 2.0**30), Size(0.5, None, 2.0**30)) == "CPU 1 cores → 500 m"
    assert day(86_400 * 9.51 + 300, 300) == "day 9.51"
