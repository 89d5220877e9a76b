"""What fits on which machine, and what an hour of it costs: needs × offers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.core.moves.terms import SHARE, Candidate, Offer
from engine.core.rows import Array


def capacity_of(candidates: Sequence[Candidate]) -> Array:
    """float64 [candidates, 2], cores and bytes."""
    return np.array([(each.cores, each.memory_bytes) for each in candidates], dtype=np.float64).reshape(-1, 2)


def check_needs(needs: Array) -> Array:
    """The needs as float64 [n, 2]. Raises ValueError: none, another shape, unknown or negative amounts."""
    needs = np.asarray(needs, dtype=np.float64)
    if needs.ndim != 2 or needs.shape[1] != 2 or not len(needs):
        raise ValueError(f"expected needs of shape [n, 2], got {list(needs.shape)}")
    if not (np.isfinite(needs) & (needs >= 0)).all():
        raise ValueError("expected needs of 0 or more, in cores and bytes")
    return needs


def shares(needs: Array, capacity: Array) -> Array:
    """Share of each machine that each need takes, by resource: float64 [n, machines, 2]; above 1 does not fit."""
    share: Array = needs[:, None, :] / capacity[None, :, :]
    return share


def fits(needs: Array, capacity: Array) -> Array:
    """bool [n, machines]: all resources fit."""
    fit: Array = np.logical_and.reduce(needs[:, None, :] <= capacity[None, :, :], axis=-1)
    return fit


def hourly_usd(needs: Array, capacity: Array, offers: Sequence[Offer], model: str) -> Array:
    """USD an hour, float64 [n, offers], with the surcharge; `capacity` [offers, 2] is that of each offer.

    A share of a node is paid by its dominant resource: whoever takes 3/4 of a node's memory leaves a quarter of it to
    others, however much CPU is left over. That holds if the autoscaler gives back what nobody needs.
    """
    price = np.array([offer.usd_hour for offer in offers])
    surcharge = np.array([offer.surcharge_usd_hour for offer in offers])
    part = shares(needs, capacity).max(axis=-1) if model == SHARE else np.ones((len(needs), len(offers)))
    hourly: Array = price * part + surcharge
    return hourly
