"""What was watched and received, as figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Series = list[dict[str, float]]
PROCESSES: Final = ("engine", "broker", "load")
PARTS: Final = ("agent and broker", "fetch and queue", "turn", "fold and send", "broker and fetch")
"""Of the way of a command, between the times at which it was produced, appended, taken, folded, sent and received."""
QUANTILES: Final = {"p50": 50.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}


def rates(series: Series, containers: int) -> dict[str, Any]:
    """Cores, CPU seconds per million samples, bytes and lag between the first and the last entry of `series`."""
    first, last = series[0], series[-1]
    wall = last["time_s"] - first["time_s"]
    samples = last["samples_sent"] - first["samples_sent"]

    def grown(name: str) -> float:
        return last[name] - first[name]

    lag = np.array([s["lag"] for s in series])
    half = len(lag) // 2
    return {
        "seconds": wall,
        "samples_per_s": samples / wall,
        "cores": {name: grown(f"{name}_cpu_s") / wall for name in PROCESSES},
        "cpu_s_per_million": {name: grown(f"{name}_cpu_s") / samples * 1e6 for name in PROCESSES},
        "rss_bytes": {name: last[f"{name}_rss"] for name in PROCESSES},
        "rss_per_container": last["engine_rss"] / containers,
        "lag_first_half": float(np.median(lag[:half])),
        "lag_second_half": float(np.median(lag[half:])),
        "lag_max": float(lag.max()),
        "checkpoint_bytes_per_s": grown("checkpoint_bytes") / wall,
        "checkpoint_age_max_s": max(s["checkpoint_age_s"] for s in series),
        "decisions_per_s": grown("decisions") / wall,
        "commands_per_s": grown("commands") / wall,
    }


def latencies(received: list[list[float]], since_s: float, until_s: float = np.inf) -> dict[str, Any]:
    """Milliseconds from producer to executor of what was produced in between: urgent commands, all, and the parts.

    `received`: rows of whether a spike was the cause, and the times that `PARTS` lie between.
    """
    times = np.array(received, dtype=np.float64).reshape(-1, len(PARTS) + 2)
    times = times[(times[:, 1] >= since_s) & (times[:, 1] <= until_s)]
    whole = (times[:, -1] - times[:, 1]) * 1000
    urgent = times[:, 0] > 0
    parts = np.diff(times[urgent, 1:], axis=1) * 1000
    return {
        "urgent": quantiles(whole[urgent]),
        "all": quantiles(whole),
        "parts": {name: quantiles(parts[:, place]) for place, name in enumerate(PARTS)},
        "urgent_ms": np.round(whole[urgent], 2).tolist(),
    }


def quantiles(values: Any) -> dict[str, float]:
    """Of milliseconds; `n` alone where there are none."""
    if not len(values):
        return {"n": 0}
    return {"n": len(values)} | {name: round(float(np.percentile(values, q)), 2) for name, q in QUANTILES.items()}
