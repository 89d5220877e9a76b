"""Episodes at equal slack: between the risks that were replayed, a straight line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from benchmarks.quality.tables import NONE, Grid
from benchmarks.sizing.runs import VPA, Result

HEADS: Final = ("source", "sizes", "VPA's slack", "VPA's episodes", "episodes at this slack", "between slacks")


def grid(resource: str, shown: str, found: Sequence[Result]) -> Grid:
    """A row for each source and cadence that has a row of the VPA's."""
    some = [one for one in found if one.row["resource"] == resource]
    made = Grid(f"{shown}: episodes at the VPA's slack", HEADS)
    for vpa in (one for one in some if one.sizes == VPA):
        ours = [one for one in some if one.source == vpa.source and one.sizes.startswith("trimtab")]
        for sizes in dict.fromkeys(one.sizes for one in ours):
            made.rows.append(list(_row(vpa, [one for one in ours if one.sizes == sizes])))
    return made


def _row(vpa: Result, points: Sequence[Result]) -> Iterator[str]:
    slack, episodes = vpa.row["slack"], vpa.row["episodes"]
    yield from (vpa.source, points[0].sizes, f"{slack:.3f}", f"{episodes:,}")
    yield from at_slack(slack, sorted((one.row["slack"], one.row["episodes"]) for one in points))


def at_slack(slack: float, points: Sequence[tuple[float, int]]) -> tuple[str, str]:
    """Episodes there, and the slacks between which it lies; points are slack and episodes, by slack.

    Where all points have less slack, more of it cannot do harm: at most as many as at the greatest.
    """
    slacks, counts = [float(one) for one, _ in points], [count for _, count in points]
    if slack > slacks[-1]:
        return f"<= {counts[-1]:,}", f"{slacks[-1]:.3f}"
    if slack < slacks[0]:
        return NONE, f"{slacks[0]:.3f}"
    above = max(int(np.searchsorted(slacks, slack)), 1) if len(slacks) > 1 else 0
    below = max(above - 1, 0)
    return f"{np.interp(slack, slacks, counts):.0f}", f"{slacks[below]:.3f}, {slacks[above]:.3f}"
