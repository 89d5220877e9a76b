"""What is worth showing, and how closely the loop was closed."""

from __future__ import annotations

from engine.demo.interesting import choose
from engine.demo.summary import outcome_delays
from engine.messages import Outcome, OutcomeStatus
from tests.demo import made_up

A = made_up.NAMES[0]


def outcome(command_id: str, status: OutcomeStatus = "applied", reason: str = "") -> Outcome:
    time_s = (made_up.AUTOPILOT_BUCKET + 1) * 300.0
    about = {"cluster": "shop", "slot": 0, "sent_s": 0.0, "container": A, "time_s": time_s}
    return Outcome(command_id=command_id, status=status, reason=reason, **about)  # type: ignore[arg-type]


def test_each_container_shown_has_a_reason_and_is_shown_once() -> None:
    decisions = made_up.decisions()
    outcomes = {d.id: outcome(d.id) for d in decisions if d.disposition == "commanded"}
    shown = choose(decisions, outcomes, made_up.trajectories(), "team-a")
    assert len({s.container for s in shown}) == len(shown)
    reasons = " ".join(s.why for s in shown)
    for words in ("largest saving that was carried out", "Killed for want of memory", "rolled back", "worst forecast"):
        assert words in reasons
    assert any("/team-b/" in s.container for s in shown)


def test_delay_from_command_to_outcome_is_in_buckets_of_event_time() -> None:
    commanded_s = {"a": made_up.AUTOPILOT_BUCKET * 300.0, "unanswered": 0.0}
    assert outcome_delays(commanded_s, {"a": outcome("a")}) == [1.0]
