"""Settings of `trimtab execute`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from engine.identity import CLUSTER_NAME
from engine.settings import Settings


class ExecutorSettings(Settings):
    """One executor serves one cluster."""

    cluster: str = Field(pattern=CLUSTER_NAME, description="Cluster whose commands are applied.")
    target: str = Field("simulated", description="What is written to: simulated.")
    simulated: Path | None = Field(None, description="File of the simulated cluster, shared with its collector.")
    clock: Literal["wall", "replay"] = Field(
        "wall", description="Clock by which commands expire: wall, or replay (of the simulated cluster, no other)."
    )
    ledger: Path | None = Field(
        None, description="File that remembers commands and freezes; by default .trimtab/executor-<cluster>.sqlite."
    )
    remember_hours: float = Field(
        48.0, ge=24.0, description="How long reported commands are remembered; longer than Kafka keeps them (24 h)."
    )

    def ledger_path(self) -> Path:
        return self.ledger or Path(".trimtab") / f"executor-{self.cluster}.sqlite"
