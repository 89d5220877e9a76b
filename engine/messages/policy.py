"""What people ask of the engine for a workload, and for all of a cluster. Absent is "as the wider scope has it"."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from msgspec import Meta, Struct, field

from engine.messages.common import Forecaster, Seconds, Size, Stage

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)


def written(form: str, **constraints: Any) -> Meta:
    """Of a value that people may write in another form than messages have: a key of `engine.policy.forms.FORMS`."""
    return Meta(extra_json_schema={"written": form}, **constraints)


Share = Annotated[float, written("share", gt=0.0, lt=1.0)]
Days = Annotated[tuple[Day, ...], written("days", min_length=1)]
Clock = Annotated[str, written("clock", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]
TimeZone = Annotated[str, written("time_zone", min_length=1, max_length=64)]
Moment = Annotated[Seconds, written("moment")]
Family = Annotated[str, written("family", min_length=1, max_length=64)]
Scope = Annotated[str, written("scope", min_length=1, max_length=800)]


class Risk(Struct, frozen=True, omit_defaults=True):
    """Share of samples that may lie above the request, such as 0.5% or 0.005; as one value for both resources."""

    cpu: Share | None = None
    memory: Share | None = None


class Window(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hours of the clock on some days, such as "mon-fri 22:00-06:00 Europe/Berlin"; days are those of its beginning.

    From 22:00 to 06:00 goes across midnight, 00:00 to 24:00 is a day, and so are two equal times.
    """

    days: Days = DAYS
    from_: Clock = field(name="from")
    to: Clock
    time_zone: TimeZone


class Restart(Struct, frozen=True, omit_defaults=True):
    """Changes that restart the container: those of a container that cannot be resized in place.

    Moments are seconds since 1970; people write 2026-12-27, or 2026-12-27 06:00 Europe/Berlin (UTC without a zone).
    """

    allowed: Annotated[bool | None, Meta(description="May auto-pilot restart it? Else a person approves each.")] = None
    most_a_day: Annotated[int, Meta(ge=0, le=1000, description="Changes with a restart in a day of UTC.")] | None = None
    not_before: Moment | None = None
    not_after: Moment | None = None
    cost_usd: (
        Annotated[
            float,
            Meta(
                ge=0.0,
                le=1_000_000.0,
                description="What a restart of all replicas costs. Outside of the windows a change is made if it is "
                "expected to save more until the next one opens. Without it changes wait for a window.",
            ),
        ]
        | None
    ) = None


class CpuLimit(Struct, frozen=True, omit_defaults=True):
    """What becomes of CPU limits: kept in their ratio, removed, set to a ratio of the request, or by the forecast."""

    kind: Literal["keep", "none", "ratio", "forecast"] = "keep"
    ratio: float | None = None


class Policy(Struct, frozen=True, omit_defaults=True):
    """What the owner of a workload asks for. What is left out is as the next wider scope has it."""

    autopilot: Annotated[
        Stage | None,
        Meta(description="Only record; recommend (the default); command raises; command everything."),
    ] = None
    floor: Annotated[Size | None, Meta(description="No request is set below it.")] = None
    ceiling: Annotated[Size | None, Meta(description="No request is set above it; it wins over the floor.")] = None
    forecaster: Forecaster | None = None
    risk: Annotated[
        Risk | None, Meta(description="Share of samples that may lie above the request. Without it margins decide.")
    ] = None
    windows: Annotated[
        list[Window] | None, Meta(description="When changes that need a restart may be made. [] is at any time.")
    ] = None
    cuts_only_in_windows: Annotated[
        bool | None, Meta(description="Whether cuts wait for a window, even those that need no restart.")
    ] = None
    restart: Restart | None = None
    families: Annotated[
        list[Family] | None,
        Meta(description="Instance families that it may be moved to, such as m5. Without any it is not moved."),
    ] = None
    moves_a_day: (
        Annotated[int, Meta(ge=0, le=100, description="Moves between instance types in 24 hours at most.")] | None
    ) = None
    cpu_limit: Annotated[
        CpuLimit | None, Meta(description="keep (the default), none, forecast, or {ratio: 2} of the request.")
    ] = None
    keep_qos: Annotated[
        bool | None, Meta(description="Whether the class of quality of service stays as it is; the default.")
    ] = None
    protected: Annotated[bool | None, Meta(description="Never cut unless a person approves the cut.")] = None


class PolicyRule(Struct, frozen=True):
    """A policy for `namespace`, `namespace/workload` or `namespace/workload/container`; each part may have * and ?."""

    scope: Scope
    policy: Policy
