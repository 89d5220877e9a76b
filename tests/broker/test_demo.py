"""`trimtab demo` as a user runs it: small, end to end, with real processes on a Kafka of its own."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.broker
HOURS = 12
SERIES = 6


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Twelve hours of six series every five minutes; a gap, some values missing, a jump at the end."""
    path, rng = tmp_path / "trace.csv", random.Random(3)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["series_id", "timestamp_s", "cpu", "mem"])
        for series in range(SERIES):
            for bucket in range(HOURS * 12):
                if series == 1 and 40 <= bucket < 46:
                    continue
                level = 3.0 if bucket > 130 else 1.0 if bucket > 3 else 2.0
                cpu = level * (1.2 + math.sin(bucket / 23 + series)) * rng.uniform(0.9, 1.1) / 4
                memory = "" if series == 2 else round(2e8 * level**0.3 * rng.uniform(0.97, 1.03))
                writer.writerow([f"vm-{series}", bucket * 300, round(cpu, 4), memory])
    return path


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Its temporary files, too, are in `folder`: what is killed cannot take them away."""
    command = [sys.executable, "-m", "engine.cli.main", "demo", *arguments]
    return subprocess.Popen(
        command, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip


def test_a_small_demo_balances_and_leaves_nothing_behind(trace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = demo(tmp_path, "--trace", str(trace), "--out", str(out))
    family = watch_family(process)
    text, _ = process.communicate(timeout=150)
    assert process.returncode == 0, text
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    rows = SERIES * HOURS * 12 - 6
    assert summary["samples_sent"] == summary["samples_folded"] == rows
    assert summary["balance"] is True
    assert summary["samples_dead_lettered"] == summary["dead_letters"] == 0
    assert summary["containers"] == SERIES
    assert summary["audit"] == {"decisions_equal": True, "missing": 0, "extra": 0, "different": 0, "repeated": 0}
    assert summary["commands"] > 0
    assert summary["commands_applied"] + sum(summary["commands_refused"].values()) == summary["commands"]
    assert summary["simulated_writes"] == summary["commands_applied"]
    assert summary["wape_2h"] is not None
    assert summary["latency_ms"]["p50"] > 0
    decisions = [json.loads(line) for line in (out / "decisions.jsonl").read_text().splitlines()]
    assert len(decisions) == sum(summary["decisions"].values()) == len({d["id"] for d in decisions})
    assert "team-a" in (out / "report.html").read_text()
    assert "auto-pilot is full for namespace team-a" in text
    assert len(family) >= 5  # the demo, Kafka, engine, executor, collector
    assert gone(family)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_it_leaves_nothing_behind(trace: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = demo(tmp_path, "--trace", str(trace), "--out", str(tmp_path / "out"))
    family = watch_family(process, at_least=5)
    os.kill(process.pid, number)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == (-number if number == signal.SIGKILL else 130), text
    assert "Traceback" not in text
    assert gone(family)


def test_a_program_that_dies_ends_the_demo_with_its_last_words(trace: Path, tmp_path: Path) -> None:
    process = demo(tmp_path, "--trace", str(trace), "--out", str(tmp_path / "out"))
    family = watch_family(process, at_least=5)
    engine = next(p for p in family if p.is_running() and "engine.cli.main engine" in " ".join(p.cmdline()))
    engine.kill()
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1, text
    assert "the engine ended with exit code -9; the last lines of" in text
    assert "Traceback" not in text
    assert gone(family)


def test_a_wrong_file_is_one_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    process = demo(tmp_path, "--trace", str(wrong), "--out", str(tmp_path / "out"))
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert text.startswith("trimtab: ") and text.count("\n") == 1  # noqa: PT018
    assert not (tmp_path / "out").exists()


def watch_family(process: subprocess.Popen[str], at_least: int = 5) -> list[psutil.Process]:
    """The demo and all below it, once so many run."""
    family: list[psutil.Process] = []

    def complete() -> bool:
        assert process.poll() is None, process.communicate()[0]
        whole = psutil.Process(process.pid)
        family[:] = [whole, *whole.children(recursive=True)]
        return len(family) >= at_least

    wait_for(complete, 60)
    return family


def gone(family: list[psutil.Process]) -> bool:
    """None of them runs any more, within a few seconds."""
    wait_for(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family), 15)
    return True


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
