"""Children of the demo are watched, and none is left behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil
import pytest

from engine.demo.processes import ChildError, Children


def test_a_child_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("engine", ["no-such-command"])
        child.process.wait(20)
        with pytest.raises(ChildError, match=r"(?s)engine ended with exit code 2.*No such command"):
            children.check()


def test_a_child_that_may_end_well_is_no_error(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("collector", ["--version"])
        child.process.wait(20)
        children.check(child)
        with pytest.raises(ChildError):
            children.check()


def test_leaving_ends_everything_that_still_runs(tmp_path: Path) -> None:
    started = []
    with contextlib.suppress(RuntimeError), Children(tmp_path) as children:
        started += [children.start("first", ["--help"]), children.start("second", ["--version"])]
        raise RuntimeError
    assert len(started) == 2
    assert not any(psutil.pid_exists(child.process.pid) for child in started)
