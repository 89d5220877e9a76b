"""Settings of the engine, and the names that it goes by in Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from engine.settings import Settings

APP_ID: Final = "trimtab-engine"
"""Consumer group, and the prefix of the changelog's name."""
TABLE: Final = "state"
EVENTS: Final = "events"
DECISIONS: Final = "decisions"
AGGREGATES: Final = "aggregates"
DEAD_LETTER: Final = "dead-letter"
CHANGELOG: Final = f"{APP_ID}-{TABLE}-changelog"
LARGEST_MESSAGE: Final = 4 * 2**20
"""Bytes; the limit of `events` in topics.yaml."""
LARGEST_ROW: Final = 16 * 2**20
"""Bytes; the limit of the changelog there: a slot may come to hold several times what it was declared for."""
FRESH_SHARE: Final = 0.8
"""A heartbeat older than this share of the session no longer proves that the partitions are ours."""


class EngineSettings(Settings):
    """Settings of `trimtab engine`."""

    checkpoint_interval: float = Field(
        10.0, gt=0.0, le=600.0, description="Seconds within which a change of state is durable, its events committed."
    )
    checkpoint_bandwidth: float = Field(
        16.0,
        gt=0.0,
        description="MiB of state a second that are written at most: a worker whose state is larger than what fits "
        "into a checkpoint interval takes longer. Not so when it lets partitions go.",
    )
    session_timeout: float = Field(
        15.0, ge=1.0, le=300.0, description="Seconds without a heartbeat after which others take the partitions over."
    )
    heartbeat_interval: float = Field(3.0, gt=0.0, description="Seconds between heartbeats to the group's coordinator.")
    rebalance_timeout: float = Field(
        60.0, ge=1.0, description="Seconds that the group waits for a member to checkpoint and let go."
    )
    delivery_timeout: float = Field(
        60.0, ge=1.0, description="Seconds of broker outage that a message may wait; the engine then exits uncommitted."
    )
    data_dir: Path = Field(Path(".trimtab/engine"), description="Folder of this worker; each worker needs its own.")
    instance_id: str | None = Field(
        None,
        pattern="^[a-z0-9][a-z0-9.-]{0,62}$",
        description="Static membership: a restart under the same name within the session moves no partitions.",
    )

    @model_validator(mode="after")
    def _heartbeats_fit(self) -> EngineSettings:
        if self.heartbeat_interval * 2 > self.session_timeout * FRESH_SHARE:
            raise ValueError(f"two heartbeat intervals must fit into {FRESH_SHARE:g} of the session timeout")
        return self

    @property
    def heartbeat_valid_s(self) -> float:
        return FRESH_SHARE * self.session_timeout

    @property
    def release_timeout_s(self) -> float:
        """Time for the checkpoint of partitions that are taken away: the group must not lose patience before it."""
        return 0.7 * self.rebalance_timeout
