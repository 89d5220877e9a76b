"""Checkpoint planner: which slots are written, what may be committed. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.shell.planner import OffsetJump, Planner, turn

PERIOD_S = 8.0


def planner(position: int | None = 0, partition: int = 0) -> Planner:
    made = Planner(PERIOD_S)
    made.take(partition, position)
    return made


def test_nothing_read_nothing_to_commit() -> None:
    assert planner(None).committable(planner(None).begin([])) == {}
    fresh = planner(7)
    assert fresh.committable(fresh.begin([])) == {0: 7}


def test_a_dirty_slot_holds_the_commit_at_its_first_missing_event() -> None:
    #   offset   0    1    2    3        slot a lacks 1.., slot b lacks 2; 0 and 3 changed nothing
    p = planner()
    for offset, key in enumerate([None, "a/0", "a/1", None]):
        p.read(0, offset, key, now=float(offset))
    taken = p.begin([(0, "a/0")])
    assert p.committable(taken) == {0: 1}
    p.durable(taken)
    assert p.committable(taken) == {0: 2}
    last = p.begin([(0, "a/1")])
    p.durable(last)
    assert p.committable(last) == {0: 4}
    assert p.dirty_count() == 0


def test_what_comes_while_a_row_is_written_is_not_covered_by_it() -> None:
    p = planner()
    p.read(0, 0, "a/0", 0.0)
    taken = p.begin([(0, "a/0")])
    p.read(0, 1, "a/0", 1.0)  # after the snapshot
    assert p.committable(taken) == {0: 0}
    p.durable(taken)
    assert p.committable(taken) == {0: 1}, "event 1 is in no durable row"
    assert p.due(1e9) == [(0, "a/0")]


def test_a_round_commits_no_event_that_came_after_it_began() -> None:
    p = planner()
    p.read(0, 0, "a/0", 0.0)
    taken = p.begin([(0, "a/0")])
    p.read(0, 1, None, 1.0)  # changed no slot, but its dead letter may not be delivered yet
    p.durable(taken)
    assert p.committable(taken) == {0: 1}


def test_a_slot_is_written_at_its_turn_at_most_once_a_period() -> None:
    p = planner()
    p.read(0, 0, "a/0", now=100.0)
    first = turn(p.ledgers[0].dirty["a/0"], PERIOD_S)
    assert 100.0 <= first < 100.0 + PERIOD_S
    assert p.due(first - 0.001) == []
    assert p.due(first) == [(0, "a/0")]
    p.durable(p.begin([(0, "a/0")]))
    p.read(0, 1, "a/0", now=first + 0.001)
    assert turn(p.ledgers[0].dirty["a/0"], PERIOD_S) == pytest.approx(first + PERIOD_S)


def test_the_oldest_change_is_written_first() -> None:
    p = planner()
    for offset, key in enumerate(["b/0", "a/0", "c/0"]):
        p.read(0, offset, key, now=float(offset))
    assert p.due(1e9) == [(0, "b/0"), (0, "a/0"), (0, "c/0")]
    assert p.due(0.0, everything=True) == [(0, "b/0"), (0, "a/0"), (0, "c/0")]
    assert p.oldest_age(5.0) == 5.0


def test_a_row_that_is_only_rewritten_holds_no_commit() -> None:
    p = planner(10)
    p.rewrite(0, "a/0", 0.0)
    assert p.committable(p.begin([])) == {0: 10}
    assert p.due(1e9) == [(0, "a/0")]
    p.read(0, 10, "a/0", 1.0)
    assert p.committable(p.begin([])) == {0: 10}


def test_offsets_that_jump_ahead_are_refused_and_repeats_are_not() -> None:
    p = planner(5)
    with pytest.raises(OffsetJump, match="expected 5, got 7"):
        p.read(0, 7, None, 0.0)
    p.read(0, 3, None, 0.0)
    assert p.ledgers[0].position == 5
    p.skip_to(0, 7)
    p.read(0, 7, None, 0.0)
    assert p.ledgers[0].position == 8


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["a/0", "a/1", "a/2", None]).map(lambda key: ("read", key)),
        st.sets(st.sampled_from(["a/0", "a/1", "a/2"])).map(lambda keys: ("begin", keys)),
        st.just(("finish", None)),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(STEPS)
def test_a_crash_at_any_time_loses_nothing(steps: list[tuple[str, object]]) -> None:
    """Whatever is committed, each slot's durable row holds all of its events below, and all outputs below are out."""
    p = planner()
    log: list[str | None] = []
    state: dict[str, int] = {}  # slot -> last offset applied
    durable: dict[str, int] = {}
    outputs_settled = committed = 0
    under_way = None
    for action, what in steps:
        if action == "read":
            key = what if isinstance(what, str) else None
            p.read(0, len(log), key, now=float(len(log)))
            if key is not None:
                state[key] = len(log)
            log.append(key)
        elif action == "begin" and under_way is None and isinstance(what, set):
            slots = [slot for slot in p.due(1e9) if slot[1] in what]
            under_way = p.begin(slots), {key: state[key] for _, key in slots}, len(log)
        elif action == "finish" and under_way is not None:
            taken, rows, seen = under_way
            outputs_settled = seen
            durable.update(rows)
            p.durable(taken)
            now_committed = p.committable(taken)[0]
            assert now_committed >= committed, "commits go forward"
            committed, under_way = now_committed, None
        assert committed <= outputs_settled
        for offset, key in enumerate(log[:committed]):
            assert key is None or durable[key] >= offset


def test_a_turn_is_as_long_as_all_rows_take_at_the_bandwidth() -> None:
    p = Planner(PERIOD_S, bytes_per_s=100.0)
    p.take(0, 0)
    p.sized(0, "a/0", 300)
    assert p.period_s == PERIOD_S
    p.sized(0, "a/1", 1000)
    p.sized(0, "a/1", 900)  # a row that is written again counts once
    assert p.period_s == 12.0
    p.drop_all()
    assert p.period_s == PERIOD_S
