"""Settings, and the sentences for whoever got them wrong."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from click.testing import CliRunner

from engine.cli.engine import engine
from engine.errors import UserError
from engine.settings import load
from engine.shell.quiet import OncePerWhile
from engine.shell.settings import CHANGELOG, EngineSettings


def test_names_are_those_of_topics_yaml() -> None:
    assert CHANGELOG == "trimtab-engine-state-changelog"


def test_heartbeats_must_fit_into_the_session() -> None:
    with pytest.raises(UserError, match="two heartbeat intervals must fit"):
        load(EngineSettings, {"session_timeout": "6", "heartbeat_interval": "3"})
    fitting = load(EngineSettings, {"session_timeout": "6", "heartbeat_interval": "1"})
    assert fitting.heartbeat_valid_s == pytest.approx(4.8)


def test_help_has_examples() -> None:
    text = CliRunner().invoke(engine, ["--help"]).output
    assert "Examples:" in text
    assert "--checkpoint-interval" in text
    assert "TRIMTAB_SESSION_TIMEOUT" in text


def test_an_absent_broker_is_one_sentence_and_exit_code_2() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "engine.cli.main", "engine", "--broker", "127.0.0.1:1"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "no Kafka broker answers at 127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_libraries_say_the_same_once_in_a_while() -> None:
    now = 0.0
    once = OncePerWhile(silence_s=5.0, clock=lambda: now)

    def says(name: str) -> bool:
        return once.filter(logging.LogRecord(name, logging.ERROR, "", 0, "Unable to connect to %s", (now,), None))

    assert [says("aiokafka"), says("aiokafka"), says("faust"), says("engine")] == [True, False, True, True]
    now = 5.0
    assert says("aiokafka")
