"""Quantities, names and the sheet's lines, good and bad."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from engine.budget import amounts, sheet
from engine.budget.sheet import called, read_sheet, spec_of
from engine.errors import UserError
from engine.messages import Size
from tests.budget.made import sheet_file

HEADER = "series_id,cpu_request,cpu_limit,memory_request,memory_limit\n"


def test_examples() -> None:
    assert doctest.testmod(amounts).failed == doctest.testmod(sheet).failed == 0


def test_names() -> None:
    assert [
        (spec.namespace, spec.workload, spec.container)
        for spec in (spec_of("a/b/c"), spec_of("vm"), spec_of("a/b"), spec_of("a//c"), spec_of("a/b/c", "n", "w"))
    ] == [
        ("a", "b", "c"),
        ("default", "vm", "vm"),
        ("default", "a/b", "a/b"),
        ("default", "a//c", "a//c"),
        ("n", "w", "c"),
    ]


def test_an_id_that_is_workload_and_container_is_said_once() -> None:
    assert called(spec_of("vm"), "vm") == "default/vm"
    assert called(spec_of("a/b/b"), "a/b/b") == "a/b/b"


def test_a_sheet_in_another_order_with_columns_of_ones_own(tmp_path: Path) -> None:
    text = (
        "\ufeffowner, namespace,memory_limit,memory_request,cpu_limit,cpu_request,series_id\n"
        "me,,2Gi,,1,500m,a/b/c\n"
        "\n"
        '"you, too",shop,,0,,,vm\n'
    )
    found = read_sheet(sheet_file(tmp_path, text))
    assert found["a/b/c"].size == Size(0.5, 1.0, None, 2.0**31)
    assert (found["a/b/c"].namespace, found["a/b/c"].workload) == ("a", "b")
    assert (found["vm"].namespace, found["vm"].workload, found["vm"].size) == ("shop", "vm", Size())


def test_replicas(tmp_path: Path) -> None:
    text = HEADER.strip() + ",replicas\na/b/c,1,,,,3\nvm,1,,,,\n"
    assert [spec.replicas for spec in read_sheet(sheet_file(tmp_path, text)).values()] == [3, 1]
    for wrong in ("0", "-1", "two", "1.5"):
        with pytest.raises(UserError, match=f"line 2: replicas: expected a number of replicas .*, got '{wrong}'"):
            read_sheet(sheet_file(tmp_path, HEADER.strip() + f",replicas\na/b/c,1,,,,{wrong}\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected the columns series_id,cpu_request"),
        ("series_id,cpu_request,cpu_limit,memory_request\n", "line 1: expected the columns series_id,cpu_request,cpu_"),
        (HEADER.replace("cpu_limit", "cpu_request"), "got no cpu_limit."),
        (HEADER.strip() + ",cpu_limit\n", "line 1: the column cpu_limit stands there twice."),
        (HEADER + "a,1,1,1\n", "line 2: expected 5 cells as in the first line, got 4."),
        (HEADER + "a,,,,\nb,half,,,\n", "line 3: cpu_request: 'half' is not an amount of CPU as Kubernetes writes it"),
        (HEADER + "a,,,2 GB,\n", "line 2: memory_request: '2 GB' is not an amount of memory as Kubernetes"),
        (HEADER + "a,-1,,,\n", "line 2: cpu_request: '-1' is not an amount of CPU"),
        (HEADER + "a,,,9e99E,\n", "line 2: memory_request: '9e99E' is not an amount of memory"),
        (HEADER + "a,,,9E,\n", "line 2: memory_request: '9E' is more memory than any machine has"),
        (HEADER + "a,,,512m,\n", "line 2: memory_request: '512m' is less than one byte of memory"),
        (HEADER + "a,500m,250m,,\n", "line 2: cpu_limit 250m is less than cpu_request 500m."),
        (HEADER + "a,,,2Gi,1G\n", "line 2: memory_limit 1G is less than memory_request 2Gi."),
        (HEADER + ",1,,,\n", "line 2: series_id is empty."),
        (HEADER + "a,1,,,\n\na,1,,,\n", "line 4: series a stands in the sheet twice."),
        (HEADER + 'a,"1,,,\n', "line 2: not CSV: unexpected end of data."),
    ],
)
def test_bad_lines(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        read_sheet(sheet_file(tmp_path, text))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_sheet(tmp_path / "none.csv")
