"""Settings of `trimtab collect …`: one object per source."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from engine.identity import CLUSTER_NAME
from engine.settings import Settings

EVENTS: Final = "events"
STATE_FOLDER: Final = Path(".trimtab")
LARGEST_MESSAGE: Final = 4 * 2**20
"""Bytes; the limit of `events` in topics.yaml."""


class CollectorSettings(Settings):
    """What every source has."""

    cluster: str = Field(description="Name of the declared cluster.", pattern=CLUSTER_NAME)
    spool_dir: Path = Field(
        STATE_FOLDER / "collector", description="Folder of the spool, which has a file for each cluster."
    )
    spool_bytes: int = Field(2**30, ge=1024, description="Bytes of unsent messages that are kept; then the oldest go.")
    spool_age: float = Field(7 * 86_400.0, gt=0.0, description="Seconds that unsent messages are kept.")
    flush_timeout: float = Field(
        10.0, ge=0.0, description="Seconds to send what is in the spool when stopped; the rest stays there."
    )

    @property
    def spool(self) -> Path:
        return self.spool_dir / f"{self.cluster}.sqlite"


class ReplaySettings(CollectorSettings):
    """Settings of `trimtab collect replay`."""

    trace: Path | None = Field(
        None, description="CSV, plain or .gz, with columns series_id,timestamp_s,cpu,mem; sorted by time in a series."
    )
    dataset: Literal["datacentertraces"] | None = Field(
        None, description="datacentertraces: the real traces that trimtab[demo] brings, instead of a file."
    )
    containers: int = Field(
        0, ge=0, description="Derive so many containers by scale, phase and noise; 0 takes each series as one."
    )
    seed: int = Field(1, ge=0, description="Of the derivation.")
    simulated: Path | None = Field(
        None, description="File of the simulated cluster; without it .trimtab/simulated/<cluster>.sqlite."
    )
    scale: Literal["auto", "none"] = Field(
        "auto", description="auto: values that cannot be cores and bytes are scaled to a p99.9 of 2 cores and 4 GiB."
    )
    start_day: float = Field(0.0, ge=0.0, description="Days of the trace to leave out at its start.")
    days: float = Field(0.0, ge=0.0, description="Days of the trace to replay; 0 is all of it (7 of a data set).")
    examples_at: float | None = Field(
        None, ge=0.0, description="Adds a few made-up workloads; their surges begin so many seconds after the start."
    )
    tick: float = Field(
        0.0, ge=0.0, le=300.0, description="Seconds of event time in one scrape; 0: the median step, at most 300."
    )
    speed: float = Field(0.0, ge=0.0, description="Seconds of event time a second; 0 is as fast as possible.")
    fast_until: float = Field(
        0.0, ge=0.0, description="Seconds of event time, from the start, that are replayed as fast as possible."
    )
    pace_url: str | None = Field(None, description="The engine's /progress, such as http://127.0.0.1:6066/progress.")
    pace_lag: float = Field(
        600.0, ge=300.0, description="Seconds of event time that the replay may be ahead of the engine's watermark."
    )
    pace_lag_fast: float = Field(3600.0, ge=300.0, description="The same, up to --fast-until.")

    @model_validator(mode="after")
    def _one_origin(self) -> ReplaySettings:
        if (self.trace is None) == (self.dataset is None):
            raise ValueError("give either a trace or a data set")
        return self

    @property
    def simulated_file(self) -> Path:
        return self.simulated or STATE_FOLDER / "simulated" / f"{self.cluster}.sqlite"


class CgroupSettings(CollectorSettings):
    """Settings of `trimtab collect cgroup`."""

    root: Path = Field(Path("/sys/fs/cgroup"), description="Where the cgroup v2 tree is mounted.")
    interval: float = Field(15.0, ge=1.0, le=300.0, description="Seconds between scrapes.")


class SyntheticSettings(CollectorSettings):
    """Settings of `trimtab collect synthetic`."""

    containers: int = Field(1000, ge=1, description="Containers in each cluster.")
    clusters: int = Field(
        1, ge=1, description="Clusters; with more than one they are named <cluster>-1, <cluster>-2 and so on."
    )
    interval: float = Field(15.0, ge=1.0, le=300.0, description="Seconds of event time between scrapes.")
    seed: int = Field(1, ge=0, description="Of the truth: same seed, same usage.")
    duration: float = Field(0.0, ge=0.0, description="Seconds of event time to run; 0 is until stopped.")
    clock: Literal["wall", "replay"] = Field(
        "wall", description="wall: events happen now. replay: they begin at --start and go by --speed."
    )
    start: float = Field(1_704_067_200.0, ge=0.0, description="First event time with --clock replay, Unix seconds.")
    speed: float = Field(0.0, ge=0.0, description="With --clock replay: seconds a second; 0 is as fast as possible.")
    urgent_per_minute: float = Field(
        0.0, ge=0.0, description="OOM kills and throttled containers a minute of event time, in each cluster."
    )

    @property
    def names(self) -> list[str]:
        """The clusters' names."""
        if self.clusters == 1:
            return [self.cluster]
        return [f"{self.cluster}-{number}" for number in range(1, self.clusters + 1)]
