"""Rows of state of older versions: all that can be kept is.

`rows/version_4.gz` was written by the code of that version: fifteen days of three containers, two of them under
auto-pilot; no memory request was a whole number of MiB at first.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from engine.codec import encode
from engine.core.decide.remembered import recalled
from engine.core.forecast import ForecastRows
from engine.core.forecast.compact import decode
from engine.core.forecast.opinions import kept_opinions
from engine.core.migrations import _CODED, _PUBLISHED, _SIZES_AND_SAVINGS
from engine.core.partition import Record
from engine.core.placement import STAGES
from engine.core.rows import Array
from engine.core.snapshot import PREFIX, pack, unpack
from engine.messages import Forecaster, Policy, Size
from tests.core.build import Log, metrics, roster, specs

Arrays = dict[tuple[str, str], Array]
LAST_S = 15.4 * 86_400
SIZES = [name for name in _SIZES_AND_SAVINGS if not name.endswith("saving")]


@pytest.fixture(scope="module")
def row() -> bytes:
    return gzip.decompress((Path(__file__).parent / "rows" / "version_4.gz").read_bytes())


def parts(row: bytes) -> tuple[dict[str, Any], Arrays]:
    """Plain fields, and arrays by table and column, as versions until 4 were laid out."""
    _magic, _version, length = PREFIX.unpack_from(row)
    header = orjson.loads(row[PREFIX.size : PREFIX.size + length])
    arrays, position = {}, PREFIX.size + length
    for table, name, dtype, shape in header["arrays"]:
        array = np.frombuffer(row, dtype, int(np.prod(shape)), position).reshape(shape).copy()
        arrays[table, name] = array
        position += array.nbytes
    return header["slot"], arrays


def written(version: int, slot: dict[str, Any], arrays: Arrays) -> bytes:
    described = [(*at, array.dtype.str, array.shape) for at, array in arrays.items()]
    head = orjson.dumps({"slot": slot, "arrays": described})
    return PREFIX.pack(b"TRIM", version, len(head)) + head + b"".join(array.tobytes() for array in arrays.values())


def older(row: bytes, version: int, stages: Sequence[int] = (-1, -1, -1), **changed: Array) -> bytes:
    """The row of version 4 as one of version 1, 2 or 3.

    `stages` are the stages that the workloads' own policies state, `changed` columns of the placement.
    """
    slot, arrays = parts(row)
    arrays |= {("placement", name): array for name, array in changed.items()}
    arrays["placement", "annotated"] = np.array(stages, np.int8)
    arrays["decide", "peaks"] = decode(arrays["decide", "peaks"])
    del arrays["placement", "annotation"]
    if version < 3:
        arrays = {at: array for at, array in arrays.items() if at[0] != "forecast"}
        arrays["forecast", "half_hours"] = np.ones((3, 2, 432), np.uint16)
        arrays["forecast", "margins"] = np.ones((3, 2, 3, 2), np.float32)
    for name in ("policy", "annotations", "window_sets", "families"):
        del slot[name]
    return written(version, slot, arrays)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_row_keeps_all_but_its_forecasts(row: bytes, version: int) -> None:
    state, migrated = unpack(row), unpack(older(row, version))
    for name, column in ForecastRows.empty(len(state.containers)).arrays().items():
        assert getattr(migrated.forecast, name).tobytes() == column.tobytes()
    assert pack(migrated) != pack(state)
    migrated.forecast = state.forecast
    assert pack(migrated) == pack(state)


def test_an_older_row_keeps_what_workloads_said_themselves(row: bytes) -> None:
    floor, ceiling = np.full((2, 3, 2), np.nan)
    floor[1] = [0.25, np.nan]
    ceiling[1:3] = [[np.nan, 2.0**30], [4.0, np.nan]]
    said = [-1, STAGES.index("up_only"), -1]
    slot, arrays = parts(older(row, 3, said, floor=floor, ceiling=ceiling))
    slot["forecasters"] = {slot["containers"][0]: {"model": "HoltWinters", "parameters": {"alpha": 0.3}}}
    migrated = unpack(written(3, slot, arrays))
    assert migrated.annotations == [
        Policy(forecaster=Forecaster("HoltWinters", {"alpha": 0.3})),
        Policy("up_only", Size(cpu_request=0.25), Size(memory_request=2.0**30)), Policy(ceiling=Size(cpu_request=4.0)),
    ]  # fmt: skip
    assert migrated.placement.annotation.tolist() == [0, 1, 2]
    assert migrated.forecast.unit.tobytes() == unpack(row).forecast.unit.tobytes()


def test_of_version_4_all_is_kept_that_did_not_change(row: bytes) -> None:
    slot, arrays = parts(row)
    state = unpack(row)
    assert {name: rows.tolist() for name, rows in state.rosters.items()} == slot["rosters"]
    assert list(state.rosters) == list(slot["rosters"])
    assert state.containers == slot["containers"]
    assert state.counters == slot["counters"]
    changed = {("decide", name) for name in (*_SIZES_AND_SAVINGS, *_PUBLISHED)}
    changed |= {("window", "seen"), *(("forecast", name) for name in ("pending_experts", *_CODED))}
    for at in arrays.keys() - changed:
        assert getattr(getattr(state, at[0]), at[1]).tobytes() == arrays[at].tobytes(), at
    assert len(pack(state)) < len(row) - 3 * 200


@pytest.mark.parametrize("name", SIZES)
def test_of_version_4_sizes_are_kept(row: bytes, name: str) -> None:
    """All of them were whole steps, but for those that people had set: the present ones of these are exact, too."""
    _, arrays = parts(row)
    state, size = unpack(row), name.split("_")[1]
    now = getattr(state.placement, size)
    kept, before = recalled(getattr(state.decide, name), now), arrays["decide", name]
    set_by_people = before[:, 1] == 323_522_422
    exact = before == kept
    assert (exact | np.isnan(before) | (set_by_people[:, None] & [False, True])).all()
    np.testing.assert_allclose(kept, before, rtol=2.0**-24)
    assert exact[before == now].all()


def test_of_version_4_what_was_offered_is_what_was_published(row: bytes) -> None:
    _, arrays = parts(row)
    assert (arrays["decide", "offered_id"] != 0).any()
    for name in _PUBLISHED:
        published = arrays["decide", name.replace("offered", "published")]
        np.testing.assert_array_equal(arrays["decide", name], published)


def test_of_version_4_savings_are_kept(row: bytes) -> None:
    _, arrays = parts(row)
    for name in ("realised_saving", "recommended_saving"):
        np.testing.assert_allclose(getattr(unpack(row).decide, name), arrays["decide", name], rtol=2.0**-24)


def test_of_version_4_samples_are_still_recognised(row: bytes) -> None:
    _, arrays = parts(row)
    before, seen = arrays["window", "seen"], unpack(row).window.seen
    for second in range(300):
        was = before[:, :, second // 64] >> np.uint64(second % 64) & np.uint64(1)
        assert (seen[:, :, second // 16] >> np.uint16(second % 16) & np.uint16(1) == was).all()
    assert seen.any()


def test_of_version_4_opinions_are_kept_and_scored(row: bytes) -> None:
    _, arrays = parts(row)
    forecast = unpack(row).forecast
    before = decode(arrays["forecast", "pending_experts"])
    series = np.arange(3), np.zeros(3, np.int64)
    for place in range(before.shape[2]):
        said = kept_opinions(forecast.pending_experts, forecast.pending_ends, series, place)
        spread = np.nanmax(before[:, 0, place], axis=1) / np.nanmin(before[:, 0, place], axis=1)
        relative = np.abs(said / before[:, 0, place] - 1)
        assert (relative <= (spread[:, None] ** (0.51 / 253) - 1) + 2.0**-10).all()
    assert (before > 0).any()


@pytest.mark.parametrize("name", _CODED)
def test_of_version_4_amounts_are_kept_in_sixteen_bits(row: bytes, name: str) -> None:
    _, arrays = parts(row)
    found = decode(getattr(unpack(row).forecast, name))
    np.testing.assert_allclose(found, arrays["forecast", name], rtol=2.0**-10)


def test_a_fold_goes_on_from_a_row_of_version_4(row: bytes) -> None:
    log = Log()
    log.fold.load("shop/0", row)
    three = specs(3, Size())
    scored, offset = log.slot.forecast.scored.copy(), log.slot.applied + 1
    events = [metrics(LAST_S + 60.0 * minute, three, [0.3, 0.1, 1.4], [2e8, 1.5e9, 4e8]) for minute in range(180)]
    for n, event in enumerate([roster(LAST_S, three), *events]):
        record = Record(0, offset + n, "shop/0", encode(event), 0.0)
        assert log.fold.apply(record).dead_letters == []
    assert (log.slot.forecast.scored > scored).all()
    assert log.slot.window.last_s.tolist() == [[LAST_S + 60.0 * 179] * 2] * 3
