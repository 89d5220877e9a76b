"""Settings of `trimtab collect otlp`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from agents.collector.settings import CollectorSettings


class OtlpSettings(CollectorSettings):
    """Where it listens, and to whom."""

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for senders on other machines.")
    port: int = Field(4318, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token_file: Path | None = Field(None, description="File with the bearer token that senders must give; else none.")
    body_bytes: int = Field(16 * 2**20, ge=1024, description="Largest body of a request, also when it is unpacked.")
    interval: float = Field(15.0, ge=1.0, le=60.0, description="Seconds between looks at what was received.")
