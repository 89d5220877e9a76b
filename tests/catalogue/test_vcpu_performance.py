"""What a vCPU of a type does, relative to the reference of its scale."""

from __future__ import annotations

import pytest

from engine.catalogue import load_vcpu_performance
from engine.catalogue.machines import load_machines
from engine.catalogue.vcpu_performance import REFERENCES


def test_references_are_one_to_the_bit() -> None:
    """What is unknown counts as they do; traces and the demo are replayed as m5.large."""
    known = load_vcpu_performance()
    assert [known[name] for name in REFERENCES.values()] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "performance"),
    [
        ("c5.xlarge", 1.0),  # 20 ECU of 4 vCPUs; m5.large has 10 of 2
        ("m5.xlarge", 0.8),  # 16 of 4
        ("m4.large", 0.65),  # 6.5 of 2
        ("Standard_A2", 1.0),  # 200 ACU of 2
    ],
)
def test_units_per_vcpu_over_those_of_the_reference(name: str, performance: float) -> None:
    assert load_vcpu_performance()[name] == pytest.approx(performance)


@pytest.mark.parametrize("name", ["m7i.large", "t3.large", "n1-standard-2", "nonsense"])
def test_what_states_no_units_is_not_guessed(name: str) -> None:
    assert name not in load_vcpu_performance()


def test_all_that_is_known_is_a_usual_amount() -> None:
    known = load_vcpu_performance()
    assert len(known) == sum(bool(machine.units) for machine in load_machines().values())
    assert all(0.1 < performance < 3 for performance in known.values())
