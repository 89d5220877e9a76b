"""Settings of `trimtab demo-kubernetes`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from engine.settings import Settings


class KubernetesDemoSettings(Settings):
    """How long it is watched, and where the results go."""

    broker: str = Field(
        "", description="A Kafka that is there, host:port[,host:port…]; without it a development broker is started."
    )
    minutes: float = Field(2.0, ge=0.5, le=60.0, description="Minutes during which usage follows the trace, at least.")
    days: int = Field(6, ge=1, le=6, description="Days of the trace that the engine is given as the past.")
    seed: int = Field(1, ge=0, description="Of the derivation: same seed, same demand.")
    out: Path = Field(
        Path("out/demo-kubernetes"), description="Folder of summary.json, decisions.jsonl, report.html and logs."
    )
