"""`trimtab convert`, from the real program."""

from __future__ import annotations

import csv
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_sentences import trimtab

AS_IT_WAS_THEN = ("--ecu", "m5.large=8", "--ecu", "m5.xlarge=16")


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]


def test_the_reference_example() -> None:
    result = trimtab("convert", "--cpu", "750m", "--from", "m5.large", "--to", "m5.xlarge", *AS_IT_WAS_THEN)
    assert (result.returncode, result.stderr) == (0, "")
    assert cells(result.stdout) == [
        ["from", "m5.large", "2", "8", "750m", "3", "37.5 %"],
        ["to", "m5.xlarge", "4", "16", "750m", "3", "18.75 %"],
    ]
    assert "ECU as given, not of the catalogue: m5.large 8." in result.stdout


def test_memory_is_not_converted_only_its_share_differs() -> None:
    result = trimtab("convert", "--cpu", "2", "--memory", "2Gi", "--from", "m5.large", "--to", "c5.xlarge")
    # 2 vCPU of m5.large are all its 10 ECU; c5.xlarge has 20 on 4 vCPU. 2 GiB are a quarter of 8, and of 8.
    assert cells(result.stdout) == [
        ["from", "m5.large", "2", "10", "2000m", "10", "100 %", "2048Mi", "25 %"],
        ["to", "c5.xlarge", "4", "20", "2000m", "10", "50 %", "2048Mi", "25 %"],
    ]


# 10 ECU made up for t2.large: 1 of its 2 vCPU is 5 ECU at full speed, and 30 % of it, 1.5, sustained.
BURSTABLE = ("--from", "t2.large", "--to", "c5.xlarge", "--ecu", "t2.large=10")
SUSTAINED = [
    ["from, sustained", "t2.large", "2", "3", "1000m", "1.5", "50 %"],
    ["to, sustained", "c5.xlarge", "4", "20", "300m", "1.5", "7.5 %"],
]
FULL = [
    ["from, at full speed", "t2.large", "2", "10", "1000m", "5", "50 %"],
    ["to, at full speed", "c5.xlarge", "4", "20", "1000m", "5", "25 %"],
]


def test_a_burstable_type_is_converted_by_what_it_sustains_and_both_are_shown() -> None:
    result = trimtab("convert", "--cpu", "1", *BURSTABLE)
    assert cells(result.stdout) == SUSTAINED + FULL
    assert "t2.large sustains 30 % of each vCPU: 600m of its 2000m." in result.stdout
    burst = trimtab("convert", "--cpu", "1", *BURSTABLE, "--burst")
    assert cells(burst.stdout) == FULL + SUSTAINED


def test_a_sheet(tmp_path: Path) -> None:
    budget, out = tmp_path / "budget.csv", tmp_path / "prod.csv"
    budget.write_text("\ufeffname,cpu,owner\nweb,1,a\ndb,,b\n", encoding="utf-8")
    result = trimtab("convert", "--file", str(budget), *BURSTABLE)
    assert result.returncode == 0, result.stderr
    assert list(csv.reader(io.StringIO(result.stdout))) == [
        ["name", "cpu", "owner", "units", "target_cpu_millicores", "source_share_percent", "target_share_percent"],
        ["web", "1", "a", "1.5", "300", "50", "7.5"],
        ["db", "", "b", "", "", "", ""],
        ["total", "1000m", "", "1.5", "300", "50", "7.5"],
    ]
    assert f"{budget}, line 3: db has no CPU set" in result.stderr
    assert "Total at full speed: 1000m of c5.xlarge, 25 % of one." in result.stderr
    again = trimtab("convert", "--file", str(budget), *BURSTABLE, "--out", str(out))
    assert (again.stdout, out.read_text(encoding="utf-8")) == ("", result.stdout)


def test_bad_lines_are_said_one_by_one_and_nothing_is_written(tmp_path: Path) -> None:
    budget, out = tmp_path / "budget.csv", tmp_path / "prod.csv"
    budget.write_text("name,cpu\nweb,1\ndb,much\n")
    result = trimtab("convert", "--file", str(budget), *BURSTABLE, "--out", str(out))
    assert (result.returncode, result.stdout, out.exists()) == (2, "", False)
    assert result.stderr.splitlines() == [
        f"{budget}, line 3: 'much' is not an amount of CPU as Kubernetes writes it, such as 750m, 0.75 or 2",
        f"trimtab: 1 line of {budget} cannot be used: nothing was written",
    ]


def test_units_of_ones_own(tmp_path: Path) -> None:
    units = tmp_path / "coremark.csv"
    units.write_text("type,units\nn2-standard-4,100\nc5.xlarge,50\n")
    ways = ("--from", "n2-standard-4", "--to", "c5.xlarge", "--vcpu", "n2-standard-4=4")
    result = trimtab("convert", "--cpu", "1", *ways, "--units-file", str(units))
    assert cells(result.stdout) == [
        ["from", "n2-standard-4", "4", "100", "1000m", "25", "25 %"],
        ["to", "c5.xlarge", "4", "50", "2000m", "25", "50 %"],
    ]


def test_an_assumption_is_printed() -> None:
    ways = ("--cpu", "1", "--from", "m6i.large", "--to", "m6i.xlarge")
    assert "--assume-same-per-vcpu" in trimtab("convert", *ways).stderr
    result = trimtab("convert", *ways, "--assume-same-per-vcpu")
    assert cells(result.stdout)[1] == ["to", "m6i.xlarge", "4", "4", "1000m", "1", "25 %"]
    assert "Assumed, not known: a vCPU of m6i.large does as much work as one of m6i.xlarge." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--from m5.large --to c5.large", "give either --cpu or --file"),
        ("--cpu 1 --file b.csv --from m5.large --to c5.large", "give either --cpu or --file"),
        ("--cpu 1 --out b.csv --from m5.large --to c5.large", "--out goes with --file"),
        ("--cpu fast --from m5.large --to c5.large", "'fast' is not an amount of CPU"),
        ("--file absent.csv --from m5.large --to c5.large", "absent.csv cannot be read: No such file or directory"),
        ("--cpu 1 --from m5.large --to t2.large",
         "the ECU of t2.large (of all its vCPUs, at full speed) is not known: give it with --ecu t2.large=NUMBER"),
        ("--cpu 1 --from m5.large --to n2-standard-4",
         "the number of vCPUs of n2-standard-4 is not known: give it with --vcpu n2-standard-4=NUMBER"),
        ("--cpu 1 --from m5.large --to n1-standard-4", "the ECU of n1-standard-4"),
        ("--cpu 1 --from Standard_A1 --to n1-standard-4", "the ECU of Standard_A1"),
    ],
)  # fmt: skip
def test_sentences(arguments: str, sentence: str) -> None:
    result = trimtab("convert", *arguments.split())
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"trimtab: {sentence}")
    assert result.stderr.count("\n") == 1


def test_on_a_terminal_it_asks() -> None:
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"fast\n10\n")
    command = [sys.executable, "-m", "engine.cli.main", "convert", "--cpu", "1", *BURSTABLE[:4]]
    try:
        result = subprocess.run(
            command, stdin=terminal, capture_output=True, text=True, timeout=60, check=False,
            env=os.environ | {"COLUMNS": "120"},
        )  # fmt: skip
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert result.returncode == 0, result.stderr
    assert "the ECU of t2.large (of all its vCPUs, at full speed) is not known" in result.stderr
    assert "expected a number above 0" in result.stderr
    assert cells(result.stdout) == SUSTAINED + FULL
