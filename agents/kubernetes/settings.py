"""How an agent gets to its cluster."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from engine.settings import Settings


class KubernetesAccess(Settings):
    """Mixed into the settings of each agent."""

    kubeconfig: Path | None = Field(
        None, description="File with the cluster's address and credentials; without it KUBECONFIG, else as a pod."
    )
    context: str | None = Field(None, description="Context of that file; without it the current one.")
