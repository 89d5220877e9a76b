"""Accuracy of decisions and savings by namespace, from the rows of state: sums over containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from prometheus_client import Gauge

    from engine.core.rows import Array
    from engine.core.state import SlotState
    from engine.shell.telemetry import Telemetry

Scope = tuple[str, str]
"""Cluster and namespace."""


class Feedback:
    """Adds slots up. A worker knows those that it holds: sums over workers are sums over all."""

    def __init__(self) -> None:
        self._total: dict[Scope, Array] = {}

    def add(self, state: SlotState) -> None:
        """The containers of one slot."""
        account, judgement = state.account, state.judgement
        columns = (judgement.judged, judgement.right, account.promised, state.decide.realised_saving, account.saved)
        number: dict[str, int] = {}
        index = [number.setdefault(name.split("/", 2)[1], len(number)) for name in state.containers]
        sums = np.zeros((len(number), len(columns)))
        np.add.at(sums, index, np.stack(columns, axis=1).astype(np.float64))
        for namespace, of_slot in zip(number, sums, strict=True):
            scope = (state.cluster, namespace)
            self._total[scope] = self._total[scope] + of_slot if scope in self._total else of_slot

    def tell(self, telemetry: Telemetry) -> None:
        """Sets the gauges; namespaces that are held no longer lose theirs. There is no share of nothing."""
        usd = (telemetry.saving_promised, telemetry.saving_realised, telemetry.saved)
        gauges: tuple[Gauge, ...] = (telemetry.decisions_judged, telemetry.decision_accuracy, *usd)
        for gauge in gauges:
            gauge.clear()
        for scope, (judged, right, *amounts) in self._total.items():
            telemetry.decisions_judged.labels(*scope).set(judged)
            if judged:
                telemetry.decision_accuracy.labels(*scope).set(right / judged)
            for gauge, amount in zip(usd, amounts, strict=True):
                gauge.labels(*scope).set(amount)
