"""A budget, line by line."""

from __future__ import annotations

import pytest

from engine.catalogue.compute_units import Capacity, Side
from engine.catalogue.machines import Machine
from engine.catalogue.sheet import Sheet, convert_sheet
from engine.errors import UserError

# 8 units on 2 vCPU and 4 GiB; 20 on 4 vCPU and 8 GiB: a core here is 4 units, there 5, so a core here is 0.8 there.
SOURCE = Side(Machine("small", 2, 4), Capacity(2, 8))
TARGET = Side(Machine("large", 4, 8), Capacity(4, 20))


def converted(text: str) -> Sheet:
    return convert_sheet(text, SOURCE, TARGET)


def test_lines_are_converted_other_columns_are_kept_and_the_last_is_the_total() -> None:
    sheet = converted('name,team,cpu,memory\nweb,"a, b",1,1Gi\nbatch,c,500m,512Mi\n')
    assert sheet.columns == [
        "name", "team", "cpu", "memory", "units", "target_cpu_millicores", "source_share_percent",
        "target_share_percent", "source_memory_percent", "target_memory_percent",
    ]  # fmt: skip
    assert [list(row.values()) for row in sheet.rows] == [
        ["web", "a, b", "1", "1Gi", "4", "800", "50", "20", "25", "12.5"],
        ["batch", "c", "500m", "512Mi", "2", "400", "25", "10", "12.5", "6.25"],
        ["total", "", "1500m", "1610612736", "6", "1200", "75", "30", "37.5", "18.75"],
    ]
    assert (sheet.errors, sheet.notes) == ([], [])


def test_the_total_is_the_sum_of_what_is_written() -> None:
    # 1m is 0.8m there, rounded up to 1m: three of them are 3m, not 2.4m.
    sheet = converted("name,cpu\na,1m\nb,1m\nc,1m\n")
    assert [row["target_cpu_millicores"] for row in sheet.rows] == ["1", "1", "1", "3"]


def test_a_line_without_cpu_stays_and_is_said() -> None:
    sheet = converted("name,cpu\nweb,1\ndb,\n")
    assert sheet.rows[1] == {
        "name": "db", "cpu": "", "units": "", "target_cpu_millicores": "", "source_share_percent": "",
        "target_share_percent": "",
    }  # fmt: skip
    assert sheet.notes == ["line 3: db has no CPU set, and is in no sum of CPU"]
    assert sheet.rows[-1]["cpu"] == "1000m"


def test_each_bad_line_is_a_sentence_with_its_number() -> None:
    sheet = converted('name,cpu,memory\n"two\nlines",1,1Gi\na,much,1Gi\n\nb,1\nc,1,1Gi,more\ntotal,2,\nd,1,512m\n')
    assert [error.split(":")[0] for error in sheet.errors] == ["line 4", "line 6", "line 7", "line 8", "line 9"]
    assert "'much' is not an amount of CPU" in sheet.errors[0]
    assert "expected 3 cells as in the first line, got 2" in sheet.errors[1]
    assert "expected 3 cells as in the first line, got 4" in sheet.errors[2]
    assert "counted twice" in sheet.errors[3]
    assert "Mi is meant perhaps" in sheet.errors[4]


def test_csv_that_ends_within_a_quote_is_a_bad_line() -> None:
    assert converted('name,cpu\na,1\nb,"2\n').errors == ["line 3: not CSV: unexpected end of data"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: expected the columns name,cpu, got no name and no cpu"),
        ("name,limit\n", "line 1: expected the columns name,cpu, got no cpu"),
        ("name,cpu,cpu\n", "line 1: the column cpu stands there twice"),
        ("name,cpu,team,team\n", "line 1: the column team stands there twice"),
        ("name,cpu,units\n", "a column units already"),
        ("name,cpu\n", "no lines below the header"),
    ],
)
def test_a_header_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        converted(text)


def test_memory_of_a_machine_that_is_not_known_is_left_blank() -> None:
    sheet = convert_sheet("name,cpu,memory\na,1,1Gi\n", SOURCE, Side(Machine("mine", 4), TARGET.capacity))
    assert (sheet.rows[0]["source_memory_percent"], sheet.rows[0]["target_memory_percent"]) == ("25", "")
