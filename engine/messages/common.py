"""What messages share: constrained types, sizes, policy."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

VERSION = "1.0"


def written_version() -> Any:
    """Field `version` of a message: by a factory, for `omit_defaults` would leave a plain default out of the bytes."""
    return field(default_factory=lambda: VERSION)


Name = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[^/\s]+\Z")]
ClusterName = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")]
Seconds = Annotated[float, Meta(ge=0.0, le=4_102_444_800.0)]
Amount = Annotated[float, Meta(ge=0.0)]
Count = Annotated[int, Meta(ge=0)]

Stage = Literal["observe", "recommend", "up_only", "full"]
"""How far auto-pilot may go: record only what holds; recommend (the default); command raises; command everything."""


class Size(Struct, frozen=True, omit_defaults=True):
    """Requests and limits of one replica: CPU in cores, memory in bytes; absent is "not set"."""

    cpu_request: Amount | None = None
    cpu_limit: Amount | None = None
    memory_request: Amount | None = None
    memory_limit: Amount | None = None


class Forecaster(Struct, frozen=True):
    """A river `time_series` forecaster that replaces the built-in one, such as `HoltWinters` with its parameters.

    It is shown hourly means, of the last 13 days: parameters that are times, such as `seasonality`, are in hours.
    """

    model: Annotated[str, Meta(pattern=r"^[A-Za-z]+$")]
    parameters: dict[str, Any] = {}


class CpuLimit(Struct, frozen=True, omit_defaults=True):
    """What becomes of CPU limits: kept in their ratio to the request, removed, in a stated ratio (1 or more), or as far
    as the forecast's p99 of the highest sample of the next 4 hours, with a margin."""

    kind: Literal["keep", "none", "ratio", "forecast"] = "keep"
    ratio: float | None = None


class Policy(Struct, frozen=True, omit_defaults=True):
    """What the owner of a workload asks for; read from annotations. Absent is "as the cluster has it"."""

    autopilot: Stage | None = None
    floor: Size | None = None
    ceiling: Size | None = None
    forecaster: Forecaster | None = None
    cpu_limit: CpuLimit | None = None
    keep_qos: bool | None = None
    """Whether the QoS class must stay as it is; absent is yes."""
