"""Instance types for live moves: priced, of a known family, with what they sustain."""

from __future__ import annotations

from engine.catalogue import load_node_types, load_prices
from engine.units import GIB


def test_types_are_those_with_a_price_and_say_their_family() -> None:
    types = load_node_types()
    assert types.keys() <= load_prices().keys()
    large = types["m5.large"]
    assert (large.family, large.candidate.cores, large.candidate.memory_bytes) == ("m5", 2.0, 8 * GIB)
    assert large.candidate.usd_hour == 0.096
    assert large.candidate.spot_usd_hour is None


def test_burstable_types_count_for_what_they_sustain() -> None:
    assert load_node_types()["t3.large"].candidate.cores == 0.6  # two of 30 %
