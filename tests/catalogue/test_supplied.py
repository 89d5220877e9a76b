"""What is not known is asked for, never guessed."""

from __future__ import annotations

import pytest

from engine.catalogue.compute_units import SAME_PER_VCPU
from engine.catalogue.machines import Machine
from engine.catalogue.supplied import Supplied, find_machine, know_baseline, on_one_scale, parse_pairs, parse_units
from engine.errors import UserError

KNOWN = Machine("m5.large", 2, 8, {"ecu": 10})
CATALOGUE = {"m5.large": KNOWN}


def nobody(what: str, how: str) -> float:
    raise UserError(f"{what} | {how}")


def test_what_is_given_goes_before_the_catalogue() -> None:
    supplied = Supplied(ecu={"m5.large": 8}, vcpu={"m5.large": 4}, baseline={"m5.large": 50})
    found = find_machine("m5.large", CATALOGUE, supplied, nobody)
    assert (found.units["ecu"], found.vcpu, found.baseline, found.memory_gib) == (8, 4, 0.5, 8)
    assert KNOWN.units["ecu"] == 10


def test_the_vcpus_of_a_type_that_is_not_there_are_asked_for() -> None:
    with pytest.raises(UserError, match=r"the number of vCPUs of n2-standard-4 \| --vcpu n2-standard-4=NUMBER"):
        find_machine("n2-standard-4", CATALOGUE, Supplied(), nobody)
    assert find_machine("n2-standard-4", CATALOGUE, Supplied(), lambda what, how: 4.0).vcpu == 4


def test_a_baseline_is_asked_for_in_percent() -> None:
    micro = Machine("t1.micro", 1, baseline=None)
    assert know_baseline(micro, lambda what, how: 20.0).baseline == 0.2
    assert know_baseline(KNOWN, nobody) is KNOWN
    with pytest.raises(UserError, match="at most 100"):
        know_baseline(micro, lambda what, how: 120.0)


def test_units_are_asked_for_where_they_lack() -> None:
    other = Machine("m6i.large", 2, 8)
    source, target, scale = on_one_scale(KNOWN, other, Supplied(), False, lambda what, how: 12.0)
    assert (source.units["ecu"], target.units["ecu"], scale) == (10, 12, "ecu")


def test_within_a_family_the_way_out_is_named_and_must_be_taken() -> None:
    pair = Machine("m6i.large", 2, 8), Machine("m6i.xlarge", 4, 16)
    with pytest.raises(UserError, match="--assume-same-per-vcpu"):
        on_one_scale(*pair, Supplied(), False, nobody)
    source, target, scale = on_one_scale(*pair, Supplied(), True, nobody)
    assert (source.units[scale], target.units[scale], scale) == (2, 4, SAME_PER_VCPU)


def test_across_families_nothing_is_assumed() -> None:
    with pytest.raises(UserError, match=r"ECU of m6i\.large"):
        on_one_scale(KNOWN, Machine("m6i.large", 2), Supplied(), True, nobody)


def test_stated_units_go_before_an_assumption() -> None:
    assert on_one_scale(KNOWN, Machine("m5.xlarge", 4, units={"ecu": 16}), Supplied(), True, nobody)[2] == "ecu"


def test_a_file_of_units_is_the_only_scale() -> None:
    supplied = Supplied(own={"m5.large": 30000})
    source = find_machine("m5.large", CATALOGUE, supplied, nobody)
    with pytest.raises(UserError, match=r"the units of c5\.large .* a line c5\.large,NUMBER"):
        on_one_scale(source, Machine("c5.large", 2, units={"ecu": 10}), supplied, False, nobody)


def test_what_would_do_nothing_is_refused() -> None:
    with pytest.raises(UserError, match=r"--ecu is for m5\.lrge"):
        Supplied(ecu={"m5.lrge": 8}).check(("m5.large", "c5.large"))
    with pytest.raises(UserError, match="two scales"):
        Supplied(ecu={"m5.large": 8}, own={}).check(("m5.large",))


def test_pairs() -> None:
    assert parse_pairs(["m5.large=8", "m5.xlarge=16.5"], "--ecu") == {"m5.large": 8, "m5.xlarge": 16.5}


@pytest.mark.parametrize(
    "value", ["m5.large", "m5.large=", "m5.large=fast", "m5.large=0", "m5.large=-1", "m5.large=nan"]
)
def test_pairs_that_are_none(value: str) -> None:
    with pytest.raises(UserError, match=f"--ecu {value}: expected TYPE=NUMBER"):
        parse_pairs([value], "--ecu")


def test_a_file_of_units() -> None:
    assert parse_units("source,type,units\nmine,m5.large,30000\n") == {"m5.large": 30000}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("type,score\n", "line 1: expected the columns type,units, got no units"),
        ("type,units\na,1\na,2\n", "line 3: a second line of a"),
        ("type,units\n,1\n", "line 2: no type"),
        ("type,units\na,fast\n", "line 2: units must be a number above 0"),
        ("type,units\na\n", "line 2: expected 2 cells as in the first line, got 1"),
    ],
)
def test_a_file_of_units_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse_units(text)
