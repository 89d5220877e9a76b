"""Needs, containers and candidates: read, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import UserError
from engine.moves.candidates import Reserved, Wanted, candidates_of
from engine.moves.inputs import hours_of, parse_needs, read_group, slots_of
from engine.units import GIB


def test_fewer_lines_are_repeated_and_the_clock_wraps() -> None:
    needs = parse_needs("time,cpu,memory_gib\n23:30,1,2\n00:00,3,4\n", "n.csv")
    assert needs.amounts.shape == (48, 2)
    assert needs.amounts[2].tolist() == [1.0, 2 * GIB]
    assert [needs.clock(slot) for slot in (0, 1, 48)] == ["23:30", "00:00", "23:30"]
    seconds = parse_needs("time,cpu,memory_gib\n84600,1,2\n86400,3,4\n", "n.csv")
    assert (seconds.amounts == needs.amounts).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,cpu\n", "n.csv, line 1: expected the columns time,cpu,memory_gib, got no memory_gib."),
        ("time,cpu,memory_gib\n", "n.csv: expected 48 half hours, or a part of a day that repeats, got 0."),
        ("time,cpu,memory_gib\n00:00,1,x\n", "n.csv, line 2: expected GiB, got 'x'."),
        ("time,cpu,memory_gib\n00:00,-1,1\n", "n.csv, line 2: expected cores, got '-1'."),
        ("time,cpu,memory_gib\n24:00,1,1\n", "n.csv, line 2: expected a time of day, HH:MM, got '24:00'."),
        ("time,cpu,memory_gib\n00:00,1,1\n01:00,1,1\n", "line 3: expected half an hour after the line before"),
        ("time,cpu,memory_gib\n00:00,1\n", "n.csv, line 2: expected 3 cells as in the first line, got 2."),
    ],
)
def test_needs_that_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        parse_needs(text, "n.csv")
    assert says in str(error.value)


def test_a_group_counts_replicas(tmp_path: Path) -> None:
    file = tmp_path / "g.csv"
    file.write_text("name,cpu,memory_gib,replicas\nweb,0.5,1,3\ndb,2,8,\n")
    assert read_group(file).tolist() == [[0.5, GIB]] * 3 + [[2.0, 8 * GIB]]
    file.write_text("name,cpu,memory_gib,replicas\nweb,0.5,1,0.5\n")
    with pytest.raises(UserError, match="expected a whole number of replicas"):
        read_group(file)


def test_times_round_up_to_half_hours() -> None:
    assert [slots_of(hours_of(text, "--arrival")) for text in ("0m", "90s", "30m", "31m", "2h")] == [0, 1, 1, 2, 4]
    with pytest.raises(UserError, match="--arrival: expected a time such as 0m, 30m or 1h, got 'soon'"):
        hours_of("soon", "--arrival")


def test_families_are_all_types_with_a_price_and_the_start_is_first() -> None:
    found, notes = candidates_of(Wanted("m5.large", families=["r4", "m5"]))
    assert [one.name for one in found][:3] == ["m5.large", "r4.large", "r4.xlarge"]
    assert (len(found), notes) == (8, [])


def test_what_a_node_keeps_and_what_a_burstable_type_sustains() -> None:
    [one], notes = candidates_of(Wanted(None, ["t3.large"], reserved=Reserved.parse("0.1,1.5")))
    assert one.cores == pytest.approx(0.5)  # 2 vCPUs at 30 %, less 0.1
    assert one.memory_bytes == 6.5 * GIB
    assert notes == ["Burstable types count for what they sustain: t3.large."]
    assert "0.1 cores and 1.5 GiB of each machine is kept" in Wanted(None, reserved=Reserved.parse("0.1,1.5")).words()
    [half], _ = candidates_of(Wanted(None, ["m5.large"], reserved=Reserved.parse("50%")))
    assert (half.cores, half.memory_bytes) == (1.0, 4 * GIB)


def test_compute_units_count_the_same_work() -> None:
    # 4 ECU a vCPU of r4.xlarge, 5 of m5.large: its 4 vCPUs are 3.2 of m5.large
    found, notes = candidates_of(Wanted("m5.large", ["r4.xlarge"], ["m6i"], compute_units=True))
    np.testing.assert_allclose([one.cores for one in found], [2.0, 3.2])
    assert notes[0].startswith("Left out (no compute units are stated on a scale of m5.large): m6i.large")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted("m5.lage"), "m5.lage: not in the catalogue; try m5.large"),
        (Wanted("m5.large", ["m5.24xlarge"]), "no price of it, give --price m5.24xlarge=USD"),
        (Wanted("m5.large", families=["m55"]), "--families: the catalogue has no price of a type of 'm55'; try m5"),
        (Wanted("m5.large", price={"c5.large": 1.0}), "--price is for c5.large, which is not among the candidates."),
        (Wanted("m5.large", reserved=Reserved(gib=8)), "m5.large: nothing is left beside --system-reserved."),
    ],
)
def test_what_is_not_known_is_said(wanted: Wanted, says: str) -> None:
    with pytest.raises(UserError) as error:
        candidates_of(wanted)
    assert says in str(error.value)


@pytest.mark.parametrize("text", ["", "6", "120%", "-1,2", "1,2,3"])
def test_reserved_that_makes_no_sense(text: str) -> None:
    with pytest.raises(UserError, match="--system-reserved: expected 6% or CORES,GIB"):
        Reserved.parse(text)
