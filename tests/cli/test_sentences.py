"""What a person can mend is one sentence, exit code 2 and no traceback: from the real program."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.broker.ports import free_port
from engine.cli.main import COMMANDS


def trimtab(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
    return subprocess.run(
        [sys.executable, "-m", "engine.cli.main", *arguments],
        stdin=subprocess.DEVNULL,  # nobody to ask, also where pytest runs on a terminal with -s
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean | {"COLUMNS": "120"} | environment,
    )


ABSENT = [
    ("topics", "diff"),
    ("topics", "apply"),
    ("cluster", "list"),
    ("cluster", "add", "shop", "--containers", "10"),
    ("control", "freeze", "--cluster", "shop"),
    ("kill-switch", "on", "--cluster", "shop"),
    ("accuracy", "--cluster", "shop"),
    ("control", "approve", "00ff", "--cluster", "shop", "--container", "shop/a/b/c"),
]


@pytest.mark.parametrize("arguments", ABSENT, ids=" ".join)
def test_an_absent_broker(arguments: tuple[str, ...]) -> None:
    address = f"127.0.0.1:{free_port()}"
    result = trimtab(*arguments, "--broker", address)
    assert result.returncode == 2
    assert result.stderr.startswith(f"trimtab: no Kafka broker answers at {address}: ")
    assert result.stderr.count("\n") == 1


def test_a_wrong_setting_from_the_environment() -> None:
    result = trimtab("config", "engine", TRIMTAB_HTTP_PORT="high")
    assert result.returncode == 2
    assert result.stderr.startswith("trimtab: --http-port (or TRIMTAB_HTTP_PORT): Input should be a valid integer")
    assert result.stderr.count("\n") == 1


def test_a_missing_setting() -> None:
    result = trimtab("config", "execute")
    assert (result.returncode, result.stderr) == (2, "trimtab: --cluster (or TRIMTAB_CLUSTER) is required\n")


def test_where_settings_come_from() -> None:
    result = trimtab("config", "engine", "--log-level", "debug", TRIMTAB_BROKER="kafka:9092")
    assert result.returncode == 0
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert ["--broker", "kafka:9092", "environment", "TRIMTAB_BROKER"] in cells
    assert ["--log-level", "debug", "flag", "TRIMTAB_LOG_LEVEL"] in cells
    assert ["--http-host", "127.0.0.1", "default", "TRIMTAB_HTTP_HOST"] in cells


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(command: str) -> None:
    result = trimtab(command, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Usage: python -m engine.cli.main {command}")


def test_an_unknown_command_and_a_wrong_choice() -> None:
    assert trimtab("resize").returncode == 2
    wrong = trimtab("control", "autopilot", "half", "--cluster", "shop")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
