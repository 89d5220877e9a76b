"""Decoding: errors say expected, got, at which path; versions are read as promised."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codec import decode_cluster, decode_command, decode_event, encode, roster_hash, stamp_sent
from engine.errors import ContractError, MalformedError, VersionError
from engine.messages import Control, Freeze, Metrics, Roster
from engine.units import LATEST_S
from tests.contract.examples import EXAMPLES, golden

METRICS = golden("metrics").read_bytes()


def changed(**fields: Any) -> bytes:
    """The golden metrics with some fields otherwise."""
    return json.dumps(json.loads(METRICS) | fields).encode()


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (changed(cpu_max=["1"]), "Expected `float | null`, got `str` - at `$.cpu_max[0]`"),
        (changed(slot=-1), "Expected `int` >= 0 - at `$.slot`"),
        (changed(slot=1.5), "Expected `int`, got `float` - at `$.slot`"),
        (changed(cluster="Shop"), "Expected `str` matching regex"),
        (changed(cluster="shop\n"), "Expected `str` matching regex"),
        (changed(time_s=1e12), "Expected `float` <= 4102444800.0 - at `$.time_s`"),
        (changed(sent_s=None), "Expected `float`, got `null` - at `$.sent_s`"),
        (changed(roster=""), "Expected `str` of length >= 1 - at `$.roster`"),
        (changed(kind="metric"), "Invalid value 'metric' - at `$.kind`"),
        (b'{"version":"1.0","kind":"metrics"}', "Object missing required field `cluster`"),
        (b'{"cpu_max":[NaN]}', "JSON is malformed"),
        (METRICS[:40], "Input data was truncated"),
        (b"", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'{"kind":"metrics","cluster":"\xff"}', "utf-8"),
    ],
)
def test_malformed_says_expected_got_and_where(payload: bytes, sentence: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_event(payload)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_newer_minor_version_is_read_and_its_new_fields_passed_over(name: str, example: Any) -> None:
    newer = json.loads(golden(name).read_bytes()) | {"version": "1.9", "added_later": {"deep": [1]}}
    assert encode(example.decode(json.dumps(newer).encode())) == encode(example.message).replace(b'"1.0"', b'"1.9"', 1)


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=EXAMPLES)
def test_another_major_version_is_told_apart(name: str, example: Any) -> None:
    other = json.loads(golden(name).read_bytes()) | {"version": "2.0"}
    with pytest.raises(VersionError, match=r"Expected version `1.x`, got `2.0` - at `\$.version`"):
        example.decode(json.dumps(other).encode())


def test_another_major_version_is_the_reason_even_where_a_field_changed_its_type() -> None:
    with pytest.raises(VersionError):
        decode_event(changed(version="2.0", cpu_max="none"))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_version_is_always_written(example: Any) -> None:
    assert b'"version":"1.0"' in encode(example.message)


def test_one_kind_is_not_read_as_another() -> None:
    with pytest.raises(MalformedError):
        decode_command(METRICS)
    with pytest.raises(MalformedError):
        decode_cluster(golden("freeze_command").read_bytes())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_broken_contract(payload: bytes) -> None:
    with suppress(ContractError):
        decode_event(payload)


@given(cut=st.integers(0, len(METRICS) - 2), byte=st.binary(min_size=1, max_size=1))
def test_one_wrong_byte_never_raises_anything_else(cut: int, byte: bytes) -> None:
    with suppress(ContractError):
        decode_event(METRICS[:cut] + byte + METRICS[cut + 1 :])


times = st.floats(0.001, LATEST_S - 1).map(lambda time_s: round(time_s, 3))
texts = st.text(max_size=40) | st.just('"sent_s":0.0')


@given(sent_s=times, author=texts, scope=texts)
def test_stamping_is_as_if_it_had_been_sent_then(sent_s: float, author: str, scope: str) -> None:
    body = Freeze(scope=scope)
    unsent = Control(cluster="shop", slot=0, sent_s=0.0, author=author, body=body)
    sent = Control(cluster="shop", slot=0, sent_s=sent_s, author=author, body=body)
    assert decode_event(stamp_sent(encode(unsent), sent_s)) == sent


@given(sent_s=times, value=st.none() | st.floats(0, 1e6))
def test_stamping_changes_nothing_else(sent_s: float, value: float | None) -> None:
    unsent = Metrics(cluster="a", slot=1, sent_s=0.0, roster="r", time_s=0.0, cpu_max=[value], memory_max=[value])
    stamped = decode_event(stamp_sent(encode(unsent), sent_s))
    assert isinstance(stamped, Metrics)
    assert (stamped.sent_s, stamped.time_s, stamped.cpu_max) == (sent_s, 0.0, [value])


def test_what_was_sent_is_not_stamped_again() -> None:
    assert stamp_sent(METRICS, 5.0) == METRICS


def test_a_rosters_hash_is_of_its_content_and_order() -> None:
    roster = EXAMPLES["roster"].message
    assert isinstance(roster, Roster)
    assert roster_hash(roster.containers) == roster.roster == "f89307f2078fce48"
    assert roster_hash(roster.containers[::-1]) != roster.roster
