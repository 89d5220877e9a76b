"""The same work on two machines: by hand, and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.burstable import BASELINES, baseline_of
from engine.catalogue.compute_units import (
    SAME_PER_VCPU,
    Capacity,
    amount_for,
    amount_of,
    assume_same_per_vcpu,
    capacity,
    convert,
    same_family,
    shared_scale,
)
from engine.catalogue.machines import Machine, family_of, load_machines, parse_machines
from engine.catalogue.prices import load_types

CPU = st.floats(0.001, 1e4)
CAPACITIES = st.builds(Capacity, vcpu=st.floats(0.25, 448), units=st.floats(0.1, 1e5))

M5_LARGE, M5_XLARGE = Capacity(2, 8), Capacity(4, 16)


def test_the_reference_example() -> None:
    # 0.75 of 2 vCPU is 37.5 %, of 8 units 3. On 16 units that is 18.75 %, of 4 vCPU 0.75.
    there, here = convert(0.75, M5_LARGE, M5_XLARGE)
    assert (there.cpu, there.units, there.share) == (0.75, 3, 0.375)
    assert (here.cpu, here.units, here.share) == (0.75, 3, 0.1875)


def test_a_millicore_is_less_work_on_a_slower_machine() -> None:
    # 1 of 2 vCPU is 5 of 10 units; a vCPU of the other has 2.5, so 2 are needed.
    _, here = convert(1, Capacity(2, 10), Capacity(4, 10))
    assert (here.cpu, here.share) == (2, 0.5)


@given(CPU, CAPACITIES, CAPACITIES)
def test_there_and_back_is_the_same(cpu: float, source: Capacity, target: Capacity) -> None:
    _, here = convert(cpu, source, target)
    _, back = convert(here.cpu, target, source)
    assert back.cpu == pytest.approx(cpu, rel=1e-9)


@given(CPU, CAPACITIES)
def test_units_and_cores_are_inverse_and_the_share_is_that_of_the_units(cpu: float, on: Capacity) -> None:
    amount = amount_of(cpu, on)
    assert amount_for(amount.units, on).cpu == pytest.approx(cpu, rel=1e-9)
    assert amount.share == pytest.approx(amount.units / on.units, rel=1e-9)


@given(CPU, CPU, CAPACITIES, CAPACITIES)
def test_more_there_is_never_less_here(one: float, other: float, source: Capacity, target: Capacity) -> None:
    less, more = sorted((one, other))
    assert convert(less, source, target)[1].cpu <= convert(more, source, target)[1].cpu


def test_a_burstable_machine_counts_for_what_it_sustains_or_at_full_speed() -> None:
    # 12 units on 2 vCPU, of which 30 % are sustained: 3.6. Half of the machine is 1.8 units, or 6 at full speed.
    t2_large = Machine("t2.large", 2, 8, {"ecu": 12}, baseline=0.3)
    assert capacity(t2_large, "ecu").units == pytest.approx(3.6)
    assert amount_of(1, capacity(t2_large, "ecu")).units == pytest.approx(1.8)
    assert amount_of(1, capacity(t2_large, "ecu", burst=True)).units == 6


def test_what_is_not_known_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        capacity(Machine("m6i.large", 2, 8), "ecu")
    with pytest.raises(ValueError, match=r"t1\.micro"):
        capacity(Machine("t1.micro", 1, 0.6, {"ecu": 1}, baseline=None), "ecu")


def test_units_of_two_scales_are_never_compared() -> None:
    ecu, acu = Machine("a", 1, units={"ecu": 1}), Machine("b", 1, units={"acu": 1})
    assert shared_scale(ecu, acu, ("ecu", "acu")) is None
    assert shared_scale(acu, acu, ("ecu", "acu")) == "acu"


def test_the_assumption_has_a_scale_of_its_own() -> None:
    assumed = assume_same_per_vcpu(Machine("m6i.large", 2, 8, {"ecu": 10}))
    assert dict(assumed.units) == {SAME_PER_VCPU: 2}


# Amazon's table of credits: vCPU and credits an hour. Baseline = credits / vCPU / 60.
CREDITS = {
    "t2.nano": (1, 3), "t2.micro": (1, 6), "t2.small": (1, 12), "t2.medium": (2, 24), "t2.large": (2, 36),
    "t2.xlarge": (4, 54), "t2.2xlarge": (8, 81.6),
    "t3.nano": (2, 6), "t3.micro": (2, 12), "t3.small": (2, 24), "t3.medium": (2, 24), "t3.large": (2, 36),
    "t3.xlarge": (4, 96), "t3.2xlarge": (8, 192),
}  # fmt: skip


@pytest.mark.parametrize("name", CREDITS)
def test_baselines_are_the_credits_that_are_earned(name: str) -> None:
    vcpu, credits_an_hour = CREDITS[name]
    assert load_machines()[name].vcpu == vcpu
    assert baseline_of(name) == pytest.approx(credits_an_hour / vcpu / 60)


def test_every_burstable_type_of_the_catalogue_has_its_baseline_but_the_oldest() -> None:
    burstable = {name for name, machine in load_machines().items() if machine.is_burstable}
    assert {name for name in burstable if baseline_of(name) is None} == {"t1.micro"}
    assert {name.partition(".")[0] for name in burstable} == {*BASELINES, "t1"}


@pytest.mark.parametrize("name", ["t1.micro", "t5g.large", "e2-micro", "f1-micro", "Standard_B2s"])
def test_a_burstable_type_without_a_table_is_not_known(name: str) -> None:
    assert baseline_of(name) is None


@pytest.mark.parametrize("name", ["m5.large", "trn1.2xlarge", "e2-standard-4", "Standard_D2s_v5", "mine"])
def test_what_does_not_burst_sustains_all(name: str) -> None:
    assert baseline_of(name) == 1


def test_families() -> None:
    names = ("m5.large", "c7i-flex.xlarge", "n1-highmem-4", "Standard_D4s_v5", "Standard_A1", "mine")
    assert [family_of(name) for name in names] == [
        "m5", "c7i-flex", "n1", "Standard_Ds_v5", "Standard_A", None,
    ]  # fmt: skip
    assert same_family(Machine("m5.large", 2), Machine("m5.xlarge", 4))
    assert not same_family(Machine("m5.large", 2), Machine("m5a.large", 2))
    assert not same_family(Machine("mine", 2), Machine("yours", 2))


def test_the_packaged_machines_agree_with_the_priced_types() -> None:
    machines = load_machines()
    assert len(machines) > 800
    for each in load_types():
        found = machines[each.name]
        assert (found.vcpu, found.memory_gib, found.units.get("ecu")) == (each.vcpu, each.memory_gib, each.ecu)


def test_another_column_is_another_scale() -> None:
    text = "# by hand\nprovider,type,vcpu,memory_gib,ecu,coremark\ngcp,n1-standard-1,1,3.75,,9000\n"
    assert [dict(each.units) for each in parse_machines(text)] == [{"coremark": 9000}]
