"""Settings of `trimtab demo`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from engine.settings import Settings


class DemoSettings(Settings):
    """What is replayed, against which Kafka, and where the results go."""

    broker: str = Field(
        "", description="A Kafka that is there, host:port[,host:port…]; without it a development broker is started."
    )
    http_port: int = Field(
        0, ge=0, le=65535, description="Port of the engine's /metrics while it runs; 0 takes a free one."
    )
    trace: Path | None = Field(
        None, description="CSV (or .gz) with series_id,timestamp_s,cpu,mem; without it those that trimtab[demo] brings."
    )
    containers: int = Field(
        0, ge=0, le=5000, description="Derive so many by scale and phase; 0: each series of a file as one, else 286."
    )
    days: float = Field(0.0, ge=0.0, description="Days of the trace to replay; 0: what fits into minutes, at most 14.")
    seed: int = Field(1, ge=0, description="Of the derivation: same seed, same demand.")
    out: Path = Field(Path("out/demo"), description="Folder of summary.json, decisions.jsonl, report.html and logs.")
