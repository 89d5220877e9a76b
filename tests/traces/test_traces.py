"""Reading a user's CSV: what is missing stays missing, what is wrong is said with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UserError
from engine.traces import Series, part_of, read_trace, span_s
from engine.units import DAY_S

HEADER = "series_id,timestamp_s,cpu,mem\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    return path


def test_reads_gaps_and_missing_values_as_they_are(tmp_path: Path) -> None:
    a, b = read_trace(written(tmp_path, HEADER + "a,0,0.5,100\nb,10,1,\na,900,,300\n\n"))
    assert (a.name, b.name) == ("a", "b")
    assert a.time_s.tolist() == [0.0, 900.0]
    np.testing.assert_array_equal(a.value, [[0.5, 100.0], [np.nan, 300.0]])
    np.testing.assert_array_equal(b.value, [[1.0, np.nan]])


def test_reads_gzip_a_byte_order_mark_and_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfmem,host,series_id,timestamp_s,cpu\r\n5,h,a,1,2\r\n"))
    (series,) = read_trace(path)
    assert series.value.tolist() == [[2.0, 5.0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: expected the header"),
        ("a,0,1,2\n", "line 1: expected the header series_id,timestamp_s,cpu,mem, got 'a,0,1,2'"),
        (HEADER, "holds no rows"),
        (HEADER + "a,0,1,2\na,300,much,2\n", "line 3: expected a number in cpu, got 'much'"),
        (HEADER + "a,0,1,inf\n", "line 2: expected a finite number in mem, got 'inf'"),
        (HEADER + "a,0,nan,1\n", "line 2: expected a finite number in cpu, got 'nan'"),
        (HEADER + "a,noon,1,2\n", "line 2: expected a number in timestamp_s, got 'noon'"),
        (HEADER + "a,,1,2\n", "line 2: expected timestamp_s in seconds"),
        (HEADER + "a,-5,1,2\n", "line 2: expected timestamp_s in seconds"),
        (HEADER + "a,1700000000000,1,2\n", "line 2: expected timestamp_s in seconds"),
        (HEADER + "a,600,1,2\nb,0,1,2\na,300,1,2\n", "line 4: series a is not sorted by time: 300 comes after 600"),
        (HEADER + "a,0,1\n", "line 2: expected 4 fields, got 3"),
        (HEADER + " ,0,1,2\n", "line 2: series_id is empty"),
    ],
)
def test_errors_are_one_sentence_with_the_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        read_trace(written(tmp_path, text))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,0,1,2\na,300,1,2\na,300,1,2\n", "line 4: series a has two rows of time 300"),
        ("a,0,1,2\nb,0,1,2\na,300,1,2\n", "line 4: series a comes back after b"),
        ("a,0,1,2\n\na,300,-1,2\n", "line 4: expected amounts of at least 0, got -1 in cpu"),
        ("a,0,1,\na,300,1,-0.5\n", "line 3: expected amounts of at least 0, got 1 in cpu and -0.5 in mem"),
    ],
)
def test_what_only_the_strict_refuse(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, HEADER + text)
    assert len(read_trace(path)) > 0
    with pytest.raises(UserError) as caught:
        read_trace(path, strict=True)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_gzip(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_trace(tmp_path / "none.csv")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"not gzip")
    with pytest.raises(UserError, match="cannot be read"):
        read_trace(broken)
    broken.write_bytes(gzip.compress((HEADER + "a,0,1,2\n" * 9999).encode())[:100])
    with pytest.raises(UserError, match=r"cannot be read after line \d+: Compressed file ended"):
        read_trace(broken)


def test_part_of_counts_days_from_the_traces_start() -> None:
    time_s = 1000.0 + np.arange(6) * DAY_S / 2
    trace = [Series("a", time_s, np.zeros((6, 2))), Series("b", time_s[:2], np.zeros((2, 2)))]
    (part,) = part_of(trace, 1.0, 1.0)
    assert part.time_s.tolist() == [1000.0 + DAY_S, 1000.0 + 1.5 * DAY_S]
    assert span_s(part_of(trace, 0.5, 0.0)) == (1000.0 + DAY_S / 2, 1000.0 + 2.5 * DAY_S)
    with pytest.raises(UserError, match=r"nothing after day 9: it is 2\.5 days long"):
        part_of(trace, 9.0, 0.0)
