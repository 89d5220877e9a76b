"""Prices of common instance types: a small generated file, and the split of a type's price into CPU and memory."""

from engine.catalogue.node_types import load_node_types
from engine.catalogue.prices import InstanceType, Rates, fit_rates, load_prices, load_types, split_price
from engine.catalogue.vcpu_performance import load_vcpu_performance

__all__ = [
    "InstanceType",
    "Rates",
    "fit_rates",
    "load_node_types",
    "load_prices",
    "load_types",
    "load_vcpu_performance",
    "split_price",
]
