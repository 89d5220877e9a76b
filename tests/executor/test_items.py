"""What records become, and which may be handled together."""

from __future__ import annotations

import base64
import hashlib

import pytest

from agents.executor.items import Item, take_batch, understand
from engine.codec import encode
from engine.messages import Command, DeadLetter
from tests.executor.build import Received, command, freeze


def test_a_command_with_its_latency() -> None:
    record = Received(encode(command()), offset=7, headers=(("other", b"1"), ("produced", b"100.25")))
    assert understand(record, "shop", now_s=100.5) == Item(7, command(), 0.25)


@pytest.mark.parametrize("header", [b"", b"yesterday"])
def test_a_latency_that_nobody_knows(header: bytes) -> None:
    assert understand(Received(encode(command()), headers=(("produced", header),)), "shop", 1.0).latency_s is None
    assert understand(Received(encode(command())), "shop", 1.0).latency_s is None


def test_clocks_that_differ_give_no_negative_latency() -> None:
    record = Received(encode(command()), headers=(("produced", b"101.0"),))
    assert understand(record, "shop", now_s=100.5).latency_s == 0.0


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (None, "malformed", "truncated"),
        (b"", "malformed", "truncated"),
        (b'{"kind":"resize","id":', "malformed", "truncated"),
        (b"\xff\xfe", "malformed", ""),
        (b'{"kind":"rename","version":"1.0"}', "malformed", "`$.kind`"),
        (encode(command()).replace(b'"slot":0', b'"slot":"0"'), "malformed", "got `str` - at `$.slot`"),
        (encode(command()).replace(b'"cpu_request":0.1', b'"cpu_request":-1'), "malformed", "`$.expected.cpu_request`"),
        (encode(command()).replace(b'"cpu_request":0.1', b'"cpu_request":NaN'), "malformed", "malformed"),
        (encode(command(version="2.0")), "unknown_version", "got `2.0`"),
        (encode(freeze(cluster="bank")), "other_cluster", "Expected `shop`, got `bank`"),
    ],
)
def test_what_cannot_be_used_becomes_a_dead_letter(payload: bytes | None, reason: str, detail: str) -> None:
    content = understand(Received(payload, offset=5), "shop", 1.0).content
    assert isinstance(content, DeadLetter)
    assert (content.id, content.key, content.reason) == ("commands.shop/0/5", "key", reason)
    assert detail in content.detail
    assert content.sha256 == hashlib.sha256(payload or b"").hexdigest()


def test_a_large_dead_letter_carries_its_first_64_kb() -> None:
    content = understand(Received(b"x" * 100_000, key=None), "shop", 1.0).content
    assert isinstance(content, DeadLetter)
    assert (base64.b64decode(content.payload), content.size, content.key) == (b"x" * 65536, 100_000, "")


def _offsets(*contents: Command | DeadLetter | object, most: int = 10) -> list[int]:
    items = [Item(offset, content) for offset, content in enumerate(contents)]  # type: ignore[arg-type]
    return [item.offset for item in take_batch(items, most)]


def test_batches() -> None:
    a, b = command(id="a", container="shop/n/w/a"), command(id="b", container="shop/n/w/b")
    assert _offsets() == []
    assert _offsets(a, b, freeze(), most=2) == [0, 1]
    assert _offsets(a, freeze(), b) == [0, 1, 2]
    # the second command for a container waits for the outcome of the first; so does a repeated id
    assert _offsets(a, b, command(id="c", container="shop/n/w/a"), b) == [0, 1]
    assert _offsets(a, command(id="a", container="shop/n/w/b")) == [0]
    # a lift begins a batch: what came before it is judged before it
    assert _offsets(a, freeze(frozen=False), b) == [0]
    assert _offsets(freeze(frozen=False), b, freeze(frozen=False)) == [0, 1]
