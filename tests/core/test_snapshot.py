"""Rows of state: round trip, newer and corrupt ones refused, and how large they are."""

from __future__ import annotations

import zlib

import numpy as np
import orjson
import pytest

from engine.core.snapshot import PREFIX, VERSION, pack, unpack
from engine.core.state import TABLES, SlotState
from engine.errors import StateError
from engine.identity import CONTAINERS_PER_SLOT
from engine.messages import CpuLimit, Policy, PolicyRule, Restart, SetPolicy, Size, Window
from tests.core.build import roster, specs
from tests.core.test_partition import busy_log


@pytest.fixture(scope="module")
def row() -> bytes:
    return pack(busy_log(200).slot)


def test_round_trip(row: bytes) -> None:
    assert pack(unpack(row)) == row


def test_rosters_keep_their_order() -> None:
    """The oldest is dropped first, whether or not the state went through a row in between."""
    state = SlotState("shop", 0, 1, rosters={name: np.array([], np.int64) for name in ("ff", "aa", "cc")})
    assert list(unpack(pack(state)).rosters) == ["ff", "aa", "cc"]


def test_rosters_with_the_same_rows_share_them(row: bytes) -> None:
    log = busy_log(20)
    log.add(roster(1300.0, specs(4, Size(cpu_request=3.0))))
    assert len(log.slot.rosters) == 2
    for state in (log.slot, unpack(pack(log.slot))):
        first, second = state.rosters.values()
        assert first is second
        assert first.tolist() == [0, 1, 2, 3]


def test_an_older_row_without_a_column_gets_its_fill(row: bytes) -> None:
    magic, version, length = PREFIX.unpack_from(row)
    header = orjson.loads(zlib.decompress(row[PREFIX.size : PREFIX.size + length]))
    table = [*TABLES][-1]
    *others, last = header["columns"][table].split(";")
    header["columns"][table] = ";".join(others)
    array = getattr(getattr(unpack(row), table), last.split(" ")[0])
    older = zlib.compress(orjson.dumps(header))
    lists = sum(np.dtype(dtype).itemsize * count for dtype, count in header["lists"])
    body = row[PREFIX.size + length : len(row) - lists - array.nbytes] + row[len(row) - lists :]
    state = unpack(PREFIX.pack(magic, version, len(older)) + older + body)
    fresh = getattr(TABLES[table].empty(len(state.containers)), last.split(" ")[0])
    assert getattr(getattr(state, table), last.split(" ")[0]).tobytes() == fresh.tobytes()


def test_terms_survive() -> None:
    """What holds structs comes back as such."""
    window = Window(days=("sat",), from_="22:00", to="06:00", time_zone="Europe/Berlin")
    rules = [PolicyRule("web/*", Policy(cpu_limit=CpuLimit("ratio", 2.0), windows=[window], families=["m5"]))]
    state = SlotState("shop", 0, 1, policy=SetPolicy(defaults=Policy(restart=Restart(most_a_day=1)), rules=rules))
    state.annotations, state.window_sets, state.families = [Policy(protected=True)], [[window]], [["m5", "r5"]]
    found = unpack(pack(state))
    assert (found.policy, found.annotations) == (state.policy, state.annotations)
    assert (found.window_sets, found.families) == (state.window_sets, state.families)


def test_a_table_that_no_migration_knows_is_refused(row: bytes) -> None:
    magic, version, length = PREFIX.unpack_from(row)
    head = zlib.decompress(row[PREFIX.size : PREFIX.size + length]).replace(b'"forecast":', b'"forecust":')
    other = zlib.compress(head)
    with pytest.raises(StateError, match="tables that no migration knows: forecust"):
        unpack(PREFIX.pack(magic, version, len(other)) + other + row[PREFIX.size + length :])


def test_a_newer_row_is_refused(row: bytes) -> None:
    newer = PREFIX.pack(b"TRIM", VERSION + 1, PREFIX.unpack_from(row)[2]) + row[PREFIX.size :]
    with pytest.raises(StateError, match=f"version {VERSION + 1}, this engine knows {VERSION}: run a newer engine"):
        unpack(newer)


@pytest.mark.parametrize("cut", [0, 3, 12, 500, -1])
def test_a_corrupt_row_is_refused(row: bytes, cut: int) -> None:
    with pytest.raises(StateError):
        unpack(row[:cut])


def test_a_foreign_row_is_refused() -> None:
    with pytest.raises(StateError, match="not written by trimtab"):
        unpack(b"what is this row doing here")


def test_state_of_a_container_fits_its_budget() -> None:
    """4.4 kB a container for CPU and memory together: forecast 3.0, decision 0.4, nowcast 0.55, the rest 0.45."""
    sizes = {name: table.empty(0).row_bytes() for name, table in TABLES.items()}
    assert sizes["forecast"] <= 2990
    assert sizes["decide"] <= 430
    assert sizes["window"] + sizes["placement"] <= 404
    assert sizes["nowcast"] <= 550
    assert sum(sizes.values()) <= 4424


def test_a_full_slot_needs_no_more_than_it_may() -> None:
    """4,500 bytes a container, with its name, the header and four rosters whose rows differ."""
    state = SlotState("production", 0, 1)
    state.add_rows([f"production/payments-{n}/checkout-api-{n}/server" for n in range(CONTAINERS_PER_SLOT)])
    for dropped in range(4):
        state.tell(f"{dropped:016x}", [n for n in range(CONTAINERS_PER_SLOT) if n != dropped])
    assert len(pack(state)) / CONTAINERS_PER_SLOT <= 4500
