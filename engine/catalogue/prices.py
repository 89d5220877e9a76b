"""What a core-hour and a GiB-hour cost on an instance type.

A cloud sells both together. The rule that takes them apart: fit price = a · vCPU + b · GiB over the catalogue by least
squares of the relative error (so that small types count as much as large ones), then scale a and b for each type by one
factor so that they add up to its own price. Burstable types (t2, t3) take no part in the fit: what they sell is a share
of a vCPU.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import fsum

Rates = tuple[float, float]
"""USD per core-hour, USD per GiB-hour."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One row of the catalogue: Linux, on demand; `ecu` (EC2 compute units) where AWS states it."""

    provider: str
    family: str
    name: str
    vcpu: float
    memory_gib: float
    ecu: float | None
    price_usd_hour: float
    source: str

    @property
    def is_burstable(self) -> bool:
        """AWS's t families: a baseline share of each vCPU, and credits above it."""
        return self.provider == "aws" and self.name.startswith("t")


def load_prices() -> dict[str, Rates]:
    """Instance type to USD per core-hour and USD per GiB-hour, for every type of the packaged catalogue."""
    types = load_types()
    rates = fit_rates(each for each in types if not each.is_burstable)
    return {each.name: split_price(each, rates) for each in types}


@lru_cache(maxsize=1)
def load_types() -> tuple[InstanceType, ...]:
    """The packaged catalogue, in its order."""
    text = files("engine.catalogue").joinpath("instances.csv").read_text(encoding="utf-8")
    return tuple(parse_types(text))


def parse_types(text: str) -> list[InstanceType]:
    """Reads CSV text with a header; lines that start with # are comments. Rows without a price are left out."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [_type(row) for row in csv.DictReader(lines) if row["price_usd_hour"]]


def _type(row: dict[str, str]) -> InstanceType:
    return InstanceType(
        provider=row["provider"],
        family=row["family"],
        name=row["type"],
        vcpu=float(row["vcpu"]),
        memory_gib=float(row["memory_gib"]),
        ecu=float(row["ecu"]) if row["ecu"] else None,
        price_usd_hour=float(row["price_usd_hour"]),
        source=row["source"],
    )


def fit_rates(types: Iterable[InstanceType]) -> Rates:
    """a and b of price = a · vCPU + b · GiB with the least sum of squared relative errors, by the normal equations.

    Raises ValueError when all types have the same ratio of memory to CPU, which no fit can take apart.
    """
    points = [(each.vcpu / each.price_usd_hour, each.memory_gib / each.price_usd_hour) for each in types]
    cc, cm = fsum(c * c for c, _ in points), fsum(c * m for c, m in points)
    mm = fsum(m * m for _, m in points)
    c1, m1 = fsum(c for c, _ in points), fsum(m for _, m in points)
    determinant = cc * mm - cm * cm
    if determinant <= 1e-9 * cc * mm:
        raise ValueError("the types all have one ratio of memory to CPU: their prices cannot be taken apart")
    return (c1 * mm - m1 * cm) / determinant, (m1 * cc - c1 * cm) / determinant


def split_price(each: InstanceType, rates: Rates) -> Rates:
    """The rates scaled by one factor so that the type's cores and GiB add up to its price."""
    factor = each.price_usd_hour / (each.vcpu * rates[0] + each.memory_gib * rates[1])
    return rates[0] * factor, rates[1] * factor
