"""Rows of state of older versions: their plain fields and arrays, from each version to the next.

What the versions are is said in `snapshot`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

from engine.core.forecast.compact import decode, encode, encode_up
from engine.core.forecast.opinions import keep_opinions
from engine.core.layout import Body, Header
from engine.core.placement import STAGES, size_of
from engine.core.rows import Array
from engine.core.window import WORDS
from engine.messages import Forecaster, Policy

Slot = dict[str, Any]
Arrays = dict[str, dict[str, Array]]
"""What a row holds: the slot's plain fields, and by table and column the arrays."""
_CODED: Final = ("pending", "loss")
"""Amounts that got the code of `compact`."""
_PUBLISHED: Final = ("offered_action", "offered_reason", "offered_request")
"""Columns that were always equal to those of the decision published last."""
_SIZES_AND_SAVINGS: Final = (
    "published_request", "pending_request", "pending_limit", "before_request", "before_limit", "offered_limit",
    "cut_request", "cut_limit", "baseline_request", "realised_saving", "recommended_saving",
)  # fmt: skip


def parts_until_4(header: Header, body: Body) -> tuple[Slot, Arrays]:
    """The parts of a row of version 1 to 4, whose header gave each column's table, name, dtype and whole shape."""
    found: Arrays = {}
    for table, name, dtype, shape in header["arrays"]:
        found.setdefault(table, {})[name] = body.take(dtype, tuple(shape))
    rosters = {name: np.array(rows, dtype=np.int64) for name, rows in header["slot"]["rosters"].items()}
    return header["slot"] | {"rosters": rosters}, found


def _forecast_afresh(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    return slot, arrays | {"forecast": {}}


def _annotations(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    """Stage, floor, ceiling and forecaster of each row become its annotation."""
    named = msgspec.convert(slot["forecasters"], dict[str, Forecaster])
    placement = dict(arrays["placement"])
    stages, floor, ceiling = placement.pop("annotated"), placement["floor"], placement["ceiling"]
    unset, column, policies = np.full(2, np.nan), np.full(len(stages), -1, np.int16), list[Policy]()
    for row, stage in enumerate(stages.tolist()):
        low, high = (None if np.isnan(each[row]).all() else size_of(each[row], unset) for each in (floor, ceiling))
        policy = Policy(STAGES[stage] if stage >= 0 else None, low, high, named.get(slot["containers"][row]))
        if policy != Policy():
            policies += [policy] if policy not in policies else []
            column[row] = policies.index(policy)
    annotated = {"annotations": msgspec.to_builtins(policies)}
    return slot | annotated, arrays | {"placement": placement | {"annotation": column}}


def _annotations_and_peaks(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    slot, arrays = _annotations(slot, arrays)
    return slot, arrays | {"decide": arrays["decide"] | {"peaks": encode_up(arrays["decide"]["peaks"])}}


def _smaller(slot: Slot, arrays: Arrays) -> tuple[Slot, Arrays]:
    """Sizes and savings are float32, seconds seen in words of 16 bits, forecasts in codes; nothing is kept twice."""
    found = {table: dict(columns) for table, columns in arrays.items()}
    found["decide"] = {name: column for name, column in found["decide"].items() if name not in _PUBLISHED}
    found["decide"] |= {name: found["decide"][name].astype(np.float32) for name in _SIZES_AND_SAVINGS}
    words = np.ascontiguousarray(found["window"]["seen"]).view(np.uint16)
    found["window"]["seen"] = np.ascontiguousarray(words[..., :WORDS])
    if forecast := found["forecast"]:
        forecast |= _opinions(forecast["pending_experts"])
        forecast |= {name: encode(forecast[name]) for name in _CODED}
    return slot, found


def _opinions(kept: Array) -> dict[str, Array]:
    """Of codes uint16 [n, 2, places, experts] those in bytes, and their ends."""
    codes, ends = np.zeros(kept.shape, np.uint8), np.zeros((*kept.shape[:3], 2), np.uint16)
    row, resource = np.divmod(np.arange(2 * len(kept)), 2)
    for place in range(kept.shape[2]):
        keep_opinions(codes, ends, (row, resource), place, decode(kept[row, resource, place]))
    return {"pending_experts": codes, "pending_ends": ends}


MIGRATIONS: Final[dict[int, Callable[[Slot, Arrays], tuple[Slot, Arrays]]]] = {
    1: _forecast_afresh,
    2: _forecast_afresh,
    3: _annotations_and_peaks,
    4: _smaller,
}
"""From a version to the next."""
