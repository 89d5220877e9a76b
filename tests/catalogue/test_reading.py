"""How sheets are read, whatever they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.sheets import parse_table, read_text, usable


def test_cells_stay_as_they_are_written_and_lines_have_the_number_of_the_file() -> None:
    table = parse_table('a, b\n1, 2\n\n"x\ny",z\n', ("a",))
    assert list(table.columns) == ["a", "b"]
    assert [(line.number, line.cells) for line in usable(table)] == [
        (2, {"a": "1", "b": " 2"}),
        (5, {"a": "x\ny", "b": "z"}),
    ]


def test_a_wrong_line_is_told_apart_from_those_around_it() -> None:
    table = parse_table("a,b\n1,2\n3\n4,5\n", ("a", "b"))
    assert [bool(line.wrong) for line in table.lines] == [False, True, False]
    with pytest.raises(UserError, match="line 3: expected 2 cells as in the first line, got 1"):
        list(usable(table))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected the columns a,b, got no a and no b"),
        ("a,c\n", "line 1: expected the columns a,b, got no b"),
        ("a,b,a\n", "line 1: the column a stands there twice"),
        ("a,b,k,k\n", "line 1: the column k stands there twice"),
        ('"a,b\n', "line 1: not CSV"),
    ],
)
def test_a_header_that_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_table(text, ("a", "b"), ("k",))


def test_the_mark_of_spreadsheets_is_no_part_of_a_column_and_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes("\ufeffa\n".encode())
    assert read_text(path) == "a\n"
    path.write_bytes("ä\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"s\.csv cannot be read: it is not UTF-8"):
        read_text(path)
