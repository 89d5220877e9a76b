"""The context in which the engine folds, and in which a recorded log is folded again to check it."""

from __future__ import annotations

from engine.catalogue import load_node_types, load_prices, load_vcpu_performance
from engine.core.context import Context


def shipped_context() -> Context:
    """Prices and instance types of the catalogue that ships with trimtab, and the default rules."""
    return Context(prices=load_prices(), node_types=load_node_types(), vcpu_performance=load_vcpu_performance())
