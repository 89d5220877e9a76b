"""What each namespace requests in all, by the newest rosters: for alerts on budgets (`trimtab budget rules`)."""

from __future__ import annotations

import asyncio

import numpy as np

from engine.core.context import Context
from engine.core.decide.money import monthly_usd, prices_of
from engine.core.rows import Array
from engine.core.state import SlotState
from engine.shell.telemetry import Telemetry

SLOTS_AT_A_TIME = 50


async def count_requests(states: list[SlotState], telemetry: Telemetry, context: Context) -> None:
    """Sets a gauge a namespace for cores, bytes and USD a month. Gives the loop back every few slots."""
    totals: dict[tuple[str, str], Array] = {}
    for number, state in enumerate(states):
        if number % SLOTS_AT_A_TIME == SLOTS_AT_A_TIME - 1:
            await asyncio.sleep(0)
        for namespace, amounts in requested(state, context).items():
            key = state.cluster, namespace
            totals[key] = totals.get(key, np.zeros(3)) + amounts
    gauges = (
        telemetry.namespace_requested_cores,
        telemetry.namespace_requested_bytes,
        telemetry.namespace_requested_usd,
    )
    for place, gauge in enumerate(gauges):
        gauge.clear()  # a namespace that is held here no longer loses its value
        for labels, amounts in totals.items():
            gauge.labels(*labels).set(amounts[place])


def requested(state: SlotState, context: Context) -> dict[str, Array]:
    """Cores, bytes and USD a month [3] by namespace, of all replicas of what the slot's newest roster names.

    A request that is not set counts as 0.
    """
    if not state.rosters:
        return {}
    rows = np.array(list(state.rosters.values())[-1], dtype=np.int64)
    if not len(rows):
        return {}
    request, replicas = state.placement.request[rows], state.placement.replicas[rows]
    usd = monthly_usd(request, replicas, prices_of(state, rows, context).usd)
    amounts = np.column_stack([np.nan_to_num(request) * replicas[:, None], usd])
    names, index = np.unique([state.containers[row].split("/")[1] for row in rows], return_inverse=True)
    total = np.zeros((len(names), 3))
    np.add.at(total, index, amounts)
    return dict(zip(names.tolist(), total, strict=True))
