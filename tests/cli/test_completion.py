"""Completion without a broker: quick, and without an error."""

from __future__ import annotations

import time

import pytest
from click.testing import CliRunner, Result

from engine.cli.main import cli


def completed(words: str, position: int) -> Result:
    env = {"_TRIMTAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
    return CliRunner().invoke(cli, [], prog_name="trimtab", complete_var="_TRIMTAB_COMPLETE", env=env)


def test_commands_and_nouns() -> None:
    assert completed("trimtab ge", 1).stdout == "plain,get\n"
    assert completed("trimtab get cont", 2).stdout.split() == ["plain,containers", "plain,container"]


def test_no_broker_is_no_error() -> None:
    began = time.monotonic()
    result = completed("trimtab get co --broker 127.0.0.1:1 -n s", 6)
    assert (result.stdout.strip(), result.stderr) == ("", "")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "_TRIMTAB_COMPLETE" in result.stdout
