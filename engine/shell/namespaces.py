"""Sums by namespace, from the rows of state: what is requested, for alerts on budgets (`trimtab budget rules`), and how
decisions did. A worker knows the slots that it holds: sums over workers are sums over all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import numpy as np
from prometheus_client import Gauge

from engine.core.context import Context
from engine.core.decide.money import monthly_usd, prices_of
from engine.core.rows import Array, numbered
from engine.core.state import SlotState
from engine.shell.survey import gently
from engine.shell.telemetry import Telemetry

Sums = dict[tuple[str, str], Array]
"""By cluster and namespace."""


async def count_requests(states: list[SlotState], telemetry: Telemetry, context: Context) -> None:
    """Sets the gauges of what each namespace requests in all, by the newest rosters: cores, bytes and USD a month."""
    gauges = (
        telemetry.namespace_requested_cores,
        telemetry.namespace_requested_bytes,
        telemetry.namespace_requested_usd,
    )
    totals = await _totals(states, lambda state: requested(state, context))

    def tell() -> None:
        for place, gauge in enumerate(gauges):
            _set(gauge, {scope: float(amounts[place]) for scope, amounts in totals.items()})

    await asyncio.to_thread(tell)


async def count_feedback(states: list[SlotState], telemetry: Telemetry) -> None:
    """Sets the gauges of accuracy and savings. There is no share of nothing."""
    totals = await _totals(states, _feedback)

    def tell() -> None:
        _set(telemetry.decisions_judged, {scope: judged for scope, (judged, *_) in totals.items()})
        accuracy = {scope: right / judged for scope, (judged, right, *_) in totals.items() if judged}
        _set(telemetry.decision_accuracy, accuracy)
        for place, gauge in enumerate((telemetry.saving_promised, telemetry.saving_realised, telemetry.saved), start=2):
            _set(gauge, {scope: float(amounts[place]) for scope, amounts in totals.items()})

    await asyncio.to_thread(tell)


def requested(state: SlotState, context: Context) -> dict[str, Array]:
    """Cores, bytes and USD a month [3] by namespace, of all replicas of what the slot's newest roster names.

    A request that is not set counts as 0.
    """
    rows = [*state.rosters.values()][-1] if state.rosters else np.array([], dtype=np.int64)
    request, replicas = state.placement.request[rows], state.placement.replicas[rows]
    usd = monthly_usd(request, replicas, prices_of(state, rows, context).usd)
    return _by_namespace(state, rows.tolist(), np.column_stack([np.nan_to_num(request) * replicas[:, None], usd]))


def _feedback(state: SlotState) -> dict[str, Array]:
    """Changes judged and right, USD promised and realised a month, and saved so far [5], of all containers."""
    account, judgement = state.account, state.judgement
    columns = (judgement.judged, judgement.right, account.promised, state.decide.realised_saving, account.saved)
    amounts = np.stack(columns, axis=1).astype(np.float64)
    return _by_namespace(state, range(len(state.containers)), amounts)


def _by_namespace(state: SlotState, rows: Iterable[int], amounts: Array) -> dict[str, Array]:
    """Sums over rows of state of their `amounts` [n, k]."""
    names, index = numbered(state.containers[row].split("/", 2)[1] for row in rows)
    total = np.zeros((len(names), amounts.shape[1]))
    np.add.at(total, index, amounts)
    return dict(zip(names, total, strict=True))


async def _totals(states: list[SlotState], of_slot: Callable[[SlotState], dict[str, Array]]) -> Sums:
    totals: Sums = {}
    async for state in gently(states):
        for namespace, amounts in of_slot(state).items():
            scope = state.cluster, namespace
            totals[scope] = totals[scope] + amounts if scope in totals else amounts
    return totals


def _set(gauge: Gauge, amounts: dict[tuple[str, str], float]) -> None:
    """Namespaces that are held here no longer lose their value. There may be tens of thousands: beside the loop."""
    gauge.clear()
    for scope, amount in amounts.items():
        gauge.labels(*scope).set(amount)
