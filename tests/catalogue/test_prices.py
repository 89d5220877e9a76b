"""Prices, taken apart by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalogue import InstanceType, fit_rates, load_prices, load_types, split_price
from engine.catalogue.generate import COLUMNS, generate, generate_machines
from engine.catalogue.machines import parse_machines
from engine.catalogue.prices import parse_types
from engine.errors import UserError


def instance(vcpu: float, memory_gib: float, price: float) -> InstanceType:
    return InstanceType("aws", "General purpose", "x1.large", vcpu, memory_gib, None, price, "by hand")


# 2 vCPU and 4 GiB cost 0.10, the same with 8 GiB 0.12: so a GiB costs 0.005, and a vCPU (0.10 - 0.02) / 2 = 0.04.
EXACT = [instance(2, 4, 0.10), instance(2, 8, 0.12)]


def test_two_types_that_differ_in_memory_give_the_rates_exactly() -> None:
    assert fit_rates(EXACT) == pytest.approx((0.04, 0.005))


def test_a_dearer_type_has_both_rates_dearer_by_one_factor() -> None:
    # By the rates 2 · 0.04 + 8 · 0.005 = 0.12; at 0.24 everything costs twice as much.
    assert split_price(instance(2, 8, 0.24), (0.04, 0.005)) == pytest.approx((0.08, 0.01))


def test_one_ratio_cannot_be_taken_apart() -> None:
    with pytest.raises(ValueError, match="one ratio"):
        fit_rates([instance(2, 8, 0.1), instance(4, 16, 0.2)])


def test_every_packaged_price_adds_up_to_its_type() -> None:
    prices, types = load_prices(), load_types()
    assert 60 <= len(types) <= 120
    assert len(prices) == len(types)
    for each in types:
        cpu, memory = prices[each.name]
        assert cpu > 0
        assert memory > 0
        assert cpu * each.vcpu + memory * each.memory_gib == pytest.approx(each.price_usd_hour)


def test_the_reference_type_costs_what_people_know() -> None:
    m5_large = next(each for each in load_types() if each.name == "m5.large")
    assert (m5_large.vcpu, m5_large.memory_gib, m5_large.ecu, m5_large.price_usd_hour) == (2, 8, 10, 0.096)
    assert load_prices()["m5.large"] == pytest.approx((0.0331, 0.0037), abs=1e-4)
    assert {"aws", "gcp", "azure"} == {each.provider for each in load_types()}


def test_burstable_types_take_no_part_in_the_fit_but_have_a_price() -> None:
    assert next(each for each in load_types() if each.name == "t3.nano").is_burstable
    assert not next(each for each in load_types() if each.name == "m5.large").is_burstable
    assert "t3.nano" in load_prices()


def test_generation_leaves_out_what_is_suspect_uncommon_or_without_a_price(tmp_path: Path) -> None:
    complete, target = tmp_path / "complete.csv", tmp_path / "small.csv"
    rows = [
        "aws,General purpose,m5.xlarge,4,16,16,0.192,good",
        "aws,General purpose,m5.large,2,8,10,0.096,good",
        "aws,General purpose,m6i.large,2,8,,0.105,good [SUSPECT: dedicated]",
        "aws,GPU instance,p4d.24xlarge,96,1152,345,32.77,good",
        "aws,General purpose,m4.large,2,8,6,,good (no price)",
    ]
    complete.write_text("\n".join([",".join(COLUMNS), *rows]))
    assert generate(complete, target) == 2
    assert [each.name for each in parse_types(target.read_text())] == ["m5.large", "m5.xlarge"]
    assert "apache-libcloud 3.9.1" in target.read_text()


def test_machines_are_generated_whatever_they_cost(tmp_path: Path) -> None:
    complete, target = tmp_path / "complete.csv", tmp_path / "machines.csv"
    rows = [
        "aws,General purpose,m6i.large,2,8,,0.105,good [SUSPECT: dedicated]",
        "aws,General purpose,m4.large,2,8,6.5,,good (no price)",
        "azure,A,Standard_A2,2,3.5,,0.12,good",
    ]
    complete.write_text("\n".join([",".join(COLUMNS), *rows]))
    assert generate_machines(complete, target) == 3
    assert {each.name: dict(each.units) for each in parse_machines(target.read_text())} == {
        "m4.large": {"ecu": 6.5}, "m6i.large": {}, "Standard_A2": {"acu": 200},
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read instance types"):
        generate(tmp_path / "absent.csv", tmp_path / "small.csv")
