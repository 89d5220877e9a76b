"""What the engine says: decisions (the audit log) and commands (to one cluster's executor)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.messages.common import ClusterName, Count, Seconds, Size, Stage, written_version

Action = Literal["resize_up", "resize_down", "urgent_up", "rollback", "hold", "move"]
Disposition = Literal["commanded", "recommended", "observed", "frozen", "none"]
"""What became of it: sent to the executor; left to people; only recorded; withheld by a freeze; nothing to do."""


class LeadForecast(Struct, frozen=True):
    """Distribution of one bucket's mean, cores or bytes; `lead_s` seconds after the forecast's origin."""

    lead_s: int
    p05: float
    p50: float
    p95: float


class NextPeak(Struct, frozen=True):
    """Distribution of the highest sample of the next `lead_s` seconds, cores or bytes, and the risk that was stated.

    `risk` is the share of samples that may lie above the request.
    """

    lead_s: int
    p50: float
    p95: float
    p99: float
    risk: float


class ResourceEvidence(Struct, frozen=True, omit_defaults=True):
    """Why this amount of one resource. Amounts in cores or bytes; `wape` is the container's record at 4 h.

    `reason` is this resource's own, where it has one. `floor` and `ceiling` are the bounds that its request was kept
    within, of all that bound it the tightest. `runs`: peaks of the last runs of a job, the latest first.
    """

    forecast: list[LeadForecast] = []
    recent_peak: float | None = None
    day_peak: float | None = None
    last: float | None = None
    wape: float | None = None
    coverage: float | None = None
    quantile: float = 0.95
    reason: str = ""
    floor: float | None = None
    ceiling: float | None = None
    time_to_limit_s: float | None = None
    """Until memory that leaks reaches its limit, where that can be said and is less than a day."""
    runs: list[float] = []
    next_peak: NextPeak | None = None
    """Where the request follows what comes until the next change."""


class RunnerUp(Struct, frozen=True):
    """The best alternative that was not taken, its cost and why it lost."""

    name: str
    size: Size
    monthly_usd: float
    why_not: str


class MachineStretch(Struct, frozen=True):
    """A part of a day, in seconds since midnight UTC, on one machine.

    `cpu` and `memory` are the highest needs of a replica in it, cores of that machine and bytes; `usd` what it costs,
    moves apart.
    """

    from_s: int
    until_s: int
    node_type: str
    cpu: float
    memory: float
    usd: float


class MoveEvidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why these machines. Money is USD a day over all replicas, `usd_day` with its moves.

    Needs are this quantile of the forecast of the next 24 h; `model` says what is paid: a share of a node by its
    dominant resource, or a dedicated node. `single_type` is the cheapest that fits always; `staying` is the present
    one, absent where it does not fit always. No plan can cost less than `bound_usd_day`, each half hour on its
    cheapest machine, moves free of charge.
    """

    stretches: list[MachineStretch]
    quantile: float
    model: str
    usd_day: float
    moves_usd_day: float
    moves: Count
    moves_a_day: Count
    bound_usd_day: float
    single_type: str | None = None
    single_usd_day: float | None = None
    staying_usd_day: float | None = None


class RestartEvidence(Struct, frozen=True, omit_defaults=True):
    """What a change is expected to save until its window opens at `window_s`, beside what its restart costs, in USD.

    With `kill_expected` an OOM kill would restart one replica before, which the cost does not count.
    """

    saved_usd: float
    cost_usd: float
    window_s: Seconds
    kill_expected: bool = False


class Evidence(Struct, frozen=True, omit_defaults=True):
    cpu: ResourceEvidence = ResourceEvidence()
    memory: ResourceEvidence = ResourceEvidence()
    trigger: str = ""
    """What set it off: `bucket_close`, `oom_kill`, `throttled`, `crossing_cpu`, `crossing_memory`, `outcome`."""
    runner_up: RunnerUp | None = None
    buckets_seen: int = 0
    price_node_type: str = ""
    """Instance type whose price was used."""
    price_assumed: bool = False
    cpu_node_type: str = ""
    cpu_performance: float | None = None
    """Instance type whose cores all CPU is in, and the work of one in cores of the reference; absent where it is 1."""
    move: MoveEvidence | None = None
    restart: RestartEvidence | None = None
    """Where a restart outside of the container's window was weighed."""


class PlannedMove(Struct, frozen=True):
    """The machine is ordered at `ordered_s` and serves from `at_s` on, event time."""

    ordered_s: Seconds
    at_s: Seconds
    to: str


class MoveTarget(Struct, frozen=True, omit_defaults=True):
    """Which machines are wanted instead of `from_type`: `to_type` first.

    `moves` are those from `begin_s` until a day later, `end_s`; `daily` ones are repeated at the same times of day
    until another decision takes their place.
    """

    from_type: str
    to_type: str
    begin_s: Seconds
    end_s: Seconds
    moves: list[PlannedMove]
    daily: bool = False


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="decision"):
    """One decision about one container. `reason` is a typed code, `text` the sentence for people.

    `current` is what the engine believed in, `target` what it wants; equal in a hold. `time_s` is event time,
    `sampled_s` the time of the sample that it rests on; it expires at `valid_until_s`. Money is USD a month (730 h),
    over all replicas; a negative saving costs.
    """

    version: str = written_version()
    id: str
    cluster: ClusterName
    slot: Count
    container: str
    action: Action
    reason: str
    text: str
    time_s: Seconds
    sampled_s: Seconds
    valid_until_s: Seconds
    current: Size
    target: Size
    replicas: Count = 1
    monthly_saving_usd: float = 0.0
    stage: Stage = "recommend"
    disposition: Disposition = "none"
    evidence: Evidence = Evidence()
    move: MoveTarget | None = None
    """Of a move; its `current` and `target` are equal."""


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="resize"):
    """Set one container (all its replicas) to `target`. `id` is the decision's; `expected` what it assumed.

    The executor refuses it after `valid_until_s`, for another cluster, and outside of `floor`..`ceiling`. A person has
    `approved` it, or auto-pilot sent it. `may_restart`: a restart was expected when it was decided, so the time is
    right for one and the policy allows it. `move_to`: of a move, the type of machine to ask for now; `target` is then
    the present size.
    """

    version: str = written_version()
    id: str
    cluster: ClusterName
    slot: Count
    container: str
    action: Action
    reason: str
    time_s: Seconds
    valid_until_s: Seconds
    expected: Size
    target: Size
    floor: Size = Size()
    ceiling: Size = Size()
    approved: bool = False
    may_restart: bool = False
    move_to: str = ""


class FreezeCommand(Struct, frozen=True, kw_only=True, tag_field="kind", tag="freeze"):
    """Obeyed at once: nothing within the scope is applied until it is lifted. Scopes as in `events.Freeze`."""

    version: str = written_version()
    cluster: ClusterName
    frozen: bool = True
    scope: str = ""
    author: str = ""
    sent_s: Seconds


AnyCommand = Command | FreezeCommand
