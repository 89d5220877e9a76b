"""Settings of `trimtab collect kubernetes`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from agents.collector.settings import CollectorSettings
from agents.kubernetes.settings import KubernetesAccess


class KubernetesSettings(CollectorSettings, KubernetesAccess):
    interval: float = Field(15.0, ge=1.0, le=30.0, description="Seconds between scrapes of a kubelet.")
    scrape: Literal["direct", "proxy"] = Field(
        "direct", description="direct: kubelets at their nodes' addresses. proxy: through the API server."
    )
    scrapes_at_once: int = Field(32, ge=1, description="Kubelets that are asked at the same time, at most.")
    throttling: bool = Field(
        True, description="Read /metrics/cadvisor too, for throttled CPU; left out where the account may not."
    )
    kubelet_ca: Path | None = Field(
        None, description="Certificates by which kubelets are trusted, with --scrape direct; without it the system's."
    )
    kubelet_insecure_tls: bool = Field(
        False, description="Trust any kubelet: for clusters whose kubelets sign for themselves."
    )
    elect: Literal["auto", "on", "off"] = Field(
        "auto", description="Leader election by a lease, for several replicas; auto: when running as a pod."
    )
    lease_namespace: str = Field("", description="Namespace of the lease; without it the pod's own, else default.")
    lease_duration: float = Field(
        15.0, ge=1.0, description="Seconds until another replica takes over from one that is gone."
    )
