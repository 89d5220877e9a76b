"""Prometheus alert rules for budgets of namespaces, over the engine's gauges of what is requested."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from engine.policy.namespace_budget import CAPS, NamespaceBudget
from engine.units import DAY_S

HEADER: Final = "# Made by `trimtab budget rules`: make it anew when budgets change.\n"
_LEARNED_DAYS: Final = 2
"""A trend of less history than this is not believed."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """`gauge` of the engine; `value`, a template of Prometheus that says the alert's value."""

    gauge: str
    value: str


_MEASURES: Final = dict(
    zip(
        CAPS,
        (
            _Measure("trimtab_engine_namespace_requested_cores", '{{ $value | printf "%.1f" }} cores'),
            _Measure("trimtab_engine_namespace_requested_bytes", "{{ $value | humanize1024 }}B"),
            _Measure("trimtab_engine_namespace_requested_usd_month", '{{ $value | printf "%.0f" }} USD a month'),
        ),
        strict=True,
    )
)


def rule_file(budgets: Sequence[NamespaceBudget], ahead_days: int, cluster: str | None = None) -> str:
    """YAML with two alerts a cap: it is exceeded; the line through the last 7 days exceeds it in `ahead_days`.

    Sums go over the engines that hold slots of a cluster. Without a `cluster`, a cap holds in each.
    """
    rules = []
    for budget in budgets:
        for cap_name in CAPS:
            if (cap := getattr(budget, cap_name)) is not None:
                requested = _requested(_MEASURES[cap_name].gauge, budget.namespace, cluster)
                rules.append(_exceeded(budget, cap_name, requested, cap))
                rules.append(_will_be_exceeded(budget, cap_name, requested, cap, ahead_days))
    groups = {"groups": [{"name": "trimtab-namespace-budgets", "interval": "5m", "rules": rules}]}
    return HEADER + yaml.safe_dump(groups, sort_keys=False, allow_unicode=True, width=1000)


def _requested(gauge: str, namespace: str, cluster: str | None) -> str:
    labels = {"namespace": namespace, **({"cluster": cluster} if cluster else {})}
    matchers = ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
    return f"sum by (cluster) ({gauge}{{{matchers}}})"


def _exceeded(budget: NamespaceBudget, cap_name: str, requested: str, cap: float) -> dict[str, Any]:
    return {
        "alert": "NamespaceBudgetExceeded",
        "expr": f"{requested} > {cap!r}",
        "for": "15m",
        "labels": _labels(budget, cap_name, "critical"),
        "annotations": {
            "summary": f"{_where(budget)} requests {_MEASURES[cap_name].value}.",
            "description": f"Its budget is {_cap_text(cap_name, cap)}.",
        },
    }


def _will_be_exceeded(
    budget: NamespaceBudget, cap_name: str, requested: str, cap: float, ahead_days: int
) -> dict[str, Any]:
    predicted = f"predict_linear(({requested})[7d:1h], {ahead_days * DAY_S}) > {cap!r}"
    learned = requested.replace("})", f"}} offset {_LEARNED_DAYS}d)")
    return {
        "alert": "NamespaceBudgetWillBeExceeded",
        "expr": f"{predicted} and {requested} <= {cap!r} and {learned} >= 0",
        "for": "1h",
        "labels": _labels(budget, cap_name, "warning"),
        "annotations": {
            "summary": f"{_where(budget)} will request {_MEASURES[cap_name].value} in {ahead_days} days.",
            "description": f"Its budget is {_cap_text(cap_name, cap)}; the line through the last 7 days exceeds it.",
        },
    }


def _labels(budget: NamespaceBudget, cap_name: str, severity: str) -> dict[str, str]:
    owner = {"owner": _literal(budget.owner)} if budget.owner else {}
    return {"severity": severity, "namespace": _literal(budget.namespace), "budget": cap_name, **owner}


def _where(budget: NamespaceBudget) -> str:
    return f"Namespace {_literal(budget.namespace)} of {{{{ $labels.cluster }}}}"


def _cap_text(cap_name: str, cap: float) -> str:
    return _MEASURES[cap_name].value.replace("$value", repr(cap))


def _literal(text: str) -> str:
    """Labels and annotations are templates: what people wrote is no part of them."""
    return text.replace("{{", '{{ "{{" }}')
