"""Quantities of Kubernetes."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import quantity
from engine.errors import UserError
from engine.quantity import format_cpu, format_number, parse_cpu, parse_memory, whole_millicores


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("750m", 0.75),
        ("0.75", 0.75),
        ("2", 2),
        (".5", 0.5),
        ("1.", 1),
        ("0", 0),
        ("250000u", 0.25),
        ("1e1", 10),
        (" 1 ", 1),
        ("100n", 1e-7),
    ],
)
def test_cpu(text: str, cores: float) -> None:
    assert parse_cpu(text) == cores


@pytest.mark.parametrize(
    ("text", "amount"),
    [("512Mi", 512 * 2**20), ("2Gi", 2**31), ("1G", 10**9), ("1.5Ki", 1536), ("129e6", 129_000_000), ("2k", 2000)],
)
def test_memory(text: str, amount: float) -> None:
    assert parse_memory(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "much", "-1", "+1", "1,5", "750 m", "750mi", "1ki", "nan", "inf", "1e", "0x10", "١", "m", "1GB", "1e999", "½"],
)
def test_what_is_no_cpu_is_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="such as 750m") as error:
        parse_cpu(text)
    assert "\n" not in str(error.value)


def test_units_mixed_up_are_seen() -> None:
    with pytest.raises(UserError, match="more CPU than any machine has"):
        parse_cpu("2Gi")
    with pytest.raises(UserError, match="Mi is meant perhaps"):
        parse_memory("512m")


def test_examples() -> None:
    assert doctest.testmod(quantity).failed == 0


@given(st.integers(0, 10**6))
def test_millicores_are_written_as_they_are_read(millicores: int) -> None:
    assert format_cpu(parse_cpu(f"{millicores}m")) == f"{millicores}m"
    assert whole_millicores(parse_cpu(f"{millicores}m")) == millicores


def test_numbers_have_no_trailing_zeros_and_millicores_are_rounded_up() -> None:
    assert [format_number(value) for value in (3.0, 18.75, 0.0, 100.0, 1 / 3)] == ["3", "18.75", "0", "100", "0.333"]
    assert [whole_millicores(value) for value in (0.2925, 0.293, 0.0000001)] == [293, 293, 1]
