"""Rows of state: round trip, older rows migrated, newer and corrupt ones refused, and how large they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import orjson
import pytest

from engine.core.forecast import ForecastRows
from engine.core.forecast.compact import decode
from engine.core.placement import STAGES
from engine.core.snapshot import PREFIX, VERSION, pack, unpack
from engine.core.state import TABLES, SlotState
from engine.errors import StateError
from engine.messages import CpuLimit, Forecaster, Policy, PolicyRule, Restart, SetPolicy, Size, Window
from tests.core.test_partition import busy_log


@pytest.fixture(scope="module")
def row() -> bytes:
    return pack(busy_log(200).slot)


def test_round_trip(row: bytes) -> None:
    assert pack(unpack(row)) == row


def test_rosters_keep_their_order() -> None:
    """The oldest is dropped first, whether or not the state went through a row in between."""
    state = SlotState("shop", 0, 1, rosters={"ff": [], "aa": [], "cc": []})
    assert list(unpack(pack(state)).rosters) == ["ff", "aa", "cc"]


def test_an_older_row_without_a_column_gets_its_fill(row: bytes) -> None:
    magic, version, length = PREFIX.unpack_from(row)
    header = orjson.loads(row[PREFIX.size : PREFIX.size + length])
    table, name, _dtype, _shape = header["arrays"].pop()
    array = getattr(getattr(unpack(row), table), name)
    older = orjson.dumps(header)
    body = row[PREFIX.size + length : len(row) - array.nbytes]
    state = unpack(PREFIX.pack(magic, version, len(older)) + older + body)
    fresh = getattr(TABLES[table].empty(len(state.containers)), name)
    assert getattr(getattr(state, table), name).tobytes() == fresh.tobytes()


def _older(row: bytes, version: int, stages: Sequence[int] = ()) -> bytes:
    """The row with the columns that version 1 had: half-hours, and other shapes and types of what kept its name.

    `stages` are the stages that the workloads' own policies state; by default none does.
    """
    magic, _version, length = PREFIX.unpack_from(row)
    header = orjson.loads(row[PREFIX.size : PREFIX.size + length])
    count = len(header["slot"]["containers"])
    older = [["forecast", "half_hours", "<u2", [count, 2, 432]], ["forecast", "margins", "<f4", [count, 2, 3, 2]]]
    body, described, position = b"", [], PREFIX.size + length
    for table, name, dtype, shape in header["arrays"]:
        size = int(np.dtype(dtype).itemsize * np.prod(shape))
        if name == "annotation":
            described.append([table, "annotated", "|i1", [count]])
            body += bytes(np.array(stages or [-1] * count, np.int8))
        elif (table, name) == ("decide", "peaks"):
            described.append([table, name, "<f4", shape])
            body += decode(np.frombuffer(row, np.uint16, int(np.prod(shape)), position)).tobytes()
        elif table != "forecast" or version == 3:
            described.append([table, name, dtype, shape])
            body += row[position : position + size]
        elif name == "unit":  # where the forecast's columns begin
            described += older
            body += bytes(range(256)) * (count * 2 * 432 * 2 // 256) + np.ones((count, 2, 3, 2), "<f4").tobytes()
        position += size
    header["arrays"] = described
    for name in ("policy", "annotations", "window_sets", "families"):
        del header["slot"][name]
    head = orjson.dumps(header)
    return PREFIX.pack(magic, version, len(head)) + head + body


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_row_keeps_all_but_its_forecasts(row: bytes, version: int) -> None:
    state, migrated = unpack(row), unpack(_older(row, version))
    for name, column in ForecastRows.empty(len(state.containers)).arrays().items():
        assert getattr(migrated.forecast, name).tobytes() == column.tobytes()
    assert pack(migrated) != row
    migrated.forecast = state.forecast
    assert pack(migrated) == row


def test_an_older_row_keeps_what_workloads_said_themselves(row: bytes) -> None:
    state = unpack(row)
    count = len(state.containers)
    state.placement.floor[1] = [0.25, np.nan]
    state.placement.ceiling[1:3] = [[np.nan, 2.0**30], [4.0, np.nan]]
    state.forecasters[state.containers[0]] = Forecaster("HoltWinters", {"alpha": 0.3})
    said = [-1, STAGES.index("up_only"), *[-1] * (count - 2)]
    migrated = unpack(_older(pack(state), 3, said))
    assert migrated.annotations == [
        Policy(forecaster=Forecaster("HoltWinters", {"alpha": 0.3})),
        Policy("up_only", Size(cpu_request=0.25), Size(memory_request=2.0**30)), Policy(ceiling=Size(cpu_request=4.0)),
    ]  # fmt: skip
    assert migrated.placement.annotation.tolist() == [0, 1, 2, *[-1] * (count - 3)]
    assert migrated.forecast.unit.tobytes() == state.forecast.unit.tobytes()


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
    with pytest.raises(StateError, match="tables that no migration knows: forecust"):
        unpack(row.replace(b'["forecast",', b'["forecust",'))


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
    """4.7 kB a container for CPU and memory together: forecast 3.2, decision 0.5, nowcast 0.55, the rest 0.45."""
    sizes = {name: table.empty(0).row_bytes() for name, table in TABLES.items()}
    assert sizes["forecast"] <= 3200
    assert sizes["decide"] <= 550
    assert sizes["window"] + sizes["placement"] <= 404
    assert sizes["nowcast"] <= 550
    assert sum(sizes.values()) <= 4700
