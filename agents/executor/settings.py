"""Settings of `trimtab execute`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from agents.kubernetes.settings import KubernetesAccess
from engine.identity import CLUSTER_NAME


class ExecutorSettings(KubernetesAccess):
    """One executor serves one cluster."""

    cluster: str = Field(pattern=CLUSTER_NAME, description="Cluster whose commands are applied.")
    target: str = Field("simulated", description="What is written to: simulated, or kubernetes.")
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

    lease_namespace: str | None = Field(
        None, description="Namespace of the lease by which one of several executors acts; without it run only one."
    )
    pods_at_once: int = Field(4, ge=1, le=100, description="Replicas of one workload that are resized side by side.")
    resize_patience_s: float = Field(
        60.0, gt=0.0, description="Seconds for a kubelet to set a size or to stop deferring it; then all is taken back."
    )

    restart_by: Literal["template", "evict", "never"] = Field(
        "template", description="How a size gets to pods that cannot take it in place, where a restart is allowed."
    )
    restart_patience_s: float = Field(
        600.0, gt=0.0, description="Seconds for a rollout, or for the pod in place of an evicted one; or it is undone."
    )
    move_patience_s: float = Field(
        1800.0, gt=0.0, description="Seconds for the machines of a move to come and its pods to serve, or it is undone."
    )
    move_by_family: bool = Field(
        False, description="Whether a move asks for any machine of a family, by Karpenter's label, not for one type."
    )
    yield_hours: float = Field(
        24.0, ge=0.0, description="How long a size that someone else has set since stands above the engine's decisions."
    )

    def ledger_path(self) -> Path:
        return self.ledger or Path(".trimtab") / f"executor-{self.cluster}.sqlite"
