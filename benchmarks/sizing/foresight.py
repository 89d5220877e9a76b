"""What foresight would request: each time between two changes with its samples known beforehand.

With none above, that is the highest sample of each. Where a share may lie above, the samples that are left out are
those that save most: of each time the k highest, by one price for a sample above (Everett, "Generalized Lagrange
multiplier method", Operations Research 11, 1963). Neither the fast path nor what a change costs has a part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.traces import Floats, Series

_HALVINGS: Final = 50


def slack(series: Sequence[Series], resource: int, cadence_s: float, share: float, last_s: float) -> float:
    """Mean idle share over the last `last_s` seconds, at most `share` of each series' samples above; NaN = none."""
    found = [_slack(one, resource, cadence_s, share, last_s) for one in series]
    known = [each for each in found if not np.isnan(each)]
    return float(np.mean(known)) if known else float("nan")


def _slack(series: Series, resource: int, cadence_s: float, share: float, last_s: float) -> float:
    used = series.value[:, resource]
    known = ~np.isnan(used)
    if not known.any():
        return float("nan")
    known &= series.time_s > series.time_s[known][-1] - last_s
    request = requests(np.ceil(series.time_s[known] / cadence_s), used[known], share)
    total = request.sum()
    return float(1 - np.minimum(used[known], request).sum() / total) if total > 0 else 0.0


def requests(stretch: Floats, used: Floats, share: float) -> Floats:
    """The request at each sample; `stretch` rises and names the time between two changes that a sample lies in."""
    begin = np.flatnonzero(np.r_[True, stretch[1:] != stretch[:-1]])
    parts = [np.sort(part)[::-1] for part in np.split(used, begin[1:])]
    allowed = int(share * len(used) + 1e-9)
    out = _left_out(parts, 0.0)
    if out.sum() > allowed:
        low, high = 0.0, float(len(used) * used.max()) + 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _left_out(parts, middle).sum() > allowed else (low, middle)
        out = _left_out(parts, high)
    chosen = [_request(part, k) for part, k in zip(parts, out.tolist(), strict=True)]
    return np.repeat(chosen, [len(part) for part in parts])


def _left_out(parts: Sequence[Floats], price: float) -> Floats:
    """How many samples of each time lie above its request where each of them costs `price`."""
    return np.array([_cheapest(part, price) for part in parts], np.int64)


def _cheapest(part: Floats, price: float) -> int:
    count = len(part)
    return int(np.argmin(count * np.r_[part, 0.0] + price * np.arange(count + 1)))


def _request(part: Floats, left_out: int) -> float:
    return float(part[left_out]) if left_out < len(part) else 0.0
