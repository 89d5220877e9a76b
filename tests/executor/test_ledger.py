"""The ledger: each phase as the next process finds it, when this one dies without closing anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agents.executor.ledger import Decided, Intent, Ledger
from agents.executor.summary import summarise
from engine.errors import UserError
from tests.executor.build import CLUSTER, WEB, command, freeze
from tests.executor.crash import after_crash

APPLIED = Decided("c1", 0, "applied", "", b"{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_phases_survive(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.intend([(command(), 0.01)])
    after = Ledger(after_crash(path), CLUSTER)
    assert (after.intents(), after.unreported()) == ([Intent("c1", WEB, 0)], [])
    ledger.decide([APPLIED])
    after = Ledger(after_crash(path), CLUSTER)
    assert (after.intents(), after.unreported()) == ([], [APPLIED])
    ledger.reported(["c1"])
    after = Ledger(after_crash(path), CLUSTER)
    assert (after.intents(), after.unreported()) == ([], [])
    assert after.handled(["c0", "c1", "c2"]) == {"c1"}


def test_only_intents_can_be_forgotten(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.intend([(command(), None), (command(id="c2"), None)])
    ledger.decide([APPLIED])
    ledger.forget(["c1", "c2"])
    assert ledger.handled(["c1", "c2"]) == {"c1"}


def test_unreported_outcomes_keep_the_order_of_their_commands(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ids = ["z", "a", "m"]
    ledger.intend([(command(id=id_), None) for id_ in ids])
    ledger.decide([Decided(id_, 0, "applied", "", b"{}") for id_ in reversed(ids)])
    assert [each.id for each in ledger.unreported()] == ids


def test_a_batch_is_all_or_nothing(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.intend([(command(), None), (command(), None)])
    assert ledger.size() == 0


def test_only_old_and_reported_commands_are_pruned(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.intend([(command(), None), (command(id="c2"), None)])
    ledger.decide([APPLIED])
    ledger.reported(["c1"])
    assert ledger.prune(keep_s=60.0) == 0
    assert ledger.prune(keep_s=-1.0) == 1
    assert ledger.handled(["c1"]) == set()
    assert ledger.intents() == [Intent("c2", WEB, 0)]


def test_freezes_survive_and_only_a_later_lift_of_the_same_scope_ends_them(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.freeze(freeze("default"), 5)
    ledger.freeze(freeze("default/web"), 6)
    ledger = Ledger(after_crash(path), CLUSTER)
    assert ledger.frozen_scopes() == {"default", "default/web"}
    assert not ledger.lift("default", 4)
    assert not ledger.lift("", 9)
    assert ledger.lift("default", 9)
    assert ledger.frozen_scopes() == {"default/web"}


def test_a_freeze_that_is_read_again_does_not_become_older(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.freeze(freeze(""), 10)
    ledger.freeze(freeze(""), 3)
    assert not ledger.lift("", 5)
    assert ledger.frozen_scopes() == {""}


def test_a_freeze_of_a_topic_that_was_made_anew_can_be_lifted(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.freeze(freeze(""), 10)
    ledger.rebase_freezes(end=0)
    assert ledger.frozen_scopes() == {""}
    assert ledger.lift("", 0)


def test_one_process_and_one_cluster(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    with pytest.raises(UserError, match="in use by another executor"):
        Ledger(path, CLUSTER)
    ledger.close()
    with pytest.raises(UserError, match="is the ledger of cluster shop, not of bank"):
        Ledger(path, "bank")


def test_a_summary_is_read_while_the_executor_runs(path: Path) -> None:
    ledger = Ledger(path, CLUSTER)
    ledger.intend([(command(id=str(number)), number / 10 or None) for number in range(4)])
    ledger.decide([Decided("0", 0, "applied", "", b""), Decided("1", 0, "refused", "expired", b"")])
    ledger.decide([Decided("2", 0, "failed", "target_error", b"")])
    summary = summarise(path)
    assert (summary.applied, summary.refused, summary.failed) == (1, {"expired": 1}, {"target_error": 1})
    assert (summary.unfinished, summary.latencies_s) == (1, [0.1, 0.2, 0.3])
