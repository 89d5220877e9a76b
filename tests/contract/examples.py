"""One full example of every kind of message. Its bytes are the golden file of the same name.

`python -m tests.contract.examples` writes golden files that are missing. One that is there changes by hand only: it is
what programs of this major version have written, and it must stay readable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import Struct

from engine import codec
from engine.messages import (
    Aggregate,
    Approve,
    Autopilot,
    Cluster,
    Command,
    ContainerSpec,
    Control,
    CpuLimit,
    DeadLetter,
    Decision,
    Declare,
    DroppedCell,
    Evidence,
    Forecaster,
    Freeze,
    FreezeCommand,
    Judgement,
    LeadForecast,
    LimitRange,
    MachineStretch,
    Metrics,
    MoveEvidence,
    MoveTarget,
    NextPeak,
    Outcome,
    PlannedMove,
    Policy,
    PolicyRule,
    ResourceEvidence,
    ResourceHours,
    ResourceJudgement,
    Restart,
    RestartEvidence,
    Risk,
    Roster,
    RunnerUp,
    SetPolicy,
    Size,
    Window,
)

GOLDEN: Final = Path(__file__).parents[1] / "golden"
MIB: Final = 2.0**20


class Example(NamedTuple):
    """A message and what decodes it."""

    decode: codec.Decoder[Any]
    message: Struct


_CURRENT = Size(cpu_request=0.5, cpu_limit=1.0, memory_request=256 * MIB, memory_limit=512 * MIB)
_TARGET = Size(cpu_request=0.75, cpu_limit=1.5, memory_request=256 * MIB, memory_limit=512 * MIB)
_CONTAINERS = [
    ContainerSpec(
        namespace="web",
        workload="cart",
        container="app",
        replicas=3,
        size=_CURRENT,
        node_type="m5.large",
        policy=Policy(
            autopilot="full",
            floor=Size(cpu_request=0.1),
            ceiling=Size(cpu_request=4.0, memory_request=8192 * MIB),
            forecaster=Forecaster("HoltWinters", {"alpha": 0.3, "seasonality": 24}),
        ),
    ),
    ContainerSpec(namespace="batch", workload="nightly", container="job", workload_kind="CronJob", assumed=True),
]


_POLICY = SetPolicy(
    defaults=Policy(
        autopilot="recommend",
        risk=Risk(cpu=0.005, memory=0.001),
        windows=[Window(days=("mon", "fri"), from_="22:00", to="06:00", time_zone="Europe/Berlin")],
        cuts_only_in_windows=True,
        restart=Restart(allowed=True, most_a_day=2, not_before=1_700_000_000.0, not_after=1_800_000_000.0),
        keep_qos=True,
    ),
    rules=[
        PolicyRule("web/*", Policy(families=["m5", "r5"], moves_a_day=2, cpu_limit=CpuLimit("ratio", 2.0))),
        PolicyRule("kube-system", Policy(protected=True)),
    ],
)


_BOUND = ContainerSpec(
    namespace="kube-system",
    workload="agent@m5.large",
    container="main",
    workload_kind="DaemonSet",
    replicas=12,
    size=_CURRENT,
    node_type="m5.large",
    policy=Policy(cpu_limit=CpuLimit("ratio", 2.0), keep_qos=False),
    scaled_by=["cpu"],
    heap_bytes=200.5 * MIB,
    limit_range=LimitRange(min=Size(cpu_request=0.1), max=Size(memory_limit=1024 * MIB)),
    quota_left=Size(cpu_request=1.5, memory_limit=0.0),
    node_largest=Size(cpu_request=1.75, memory_request=7168 * MIB),
    template="6d4cf56db6",
)


def _control(body: Declare | Autopilot | Approve | Freeze | SetPolicy) -> Example:
    message = Control(cluster="shop", slot=2, sent_s=1_700_000_100.25, author="ann", body=body)
    return Example(codec.decode_event, message)


EXAMPLES: Final[dict[str, Example]] = {
    "roster": Example(
        codec.decode_event,
        Roster(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            roster=codec.roster_hash(_CONTAINERS),
            time_s=1_700_000_100.0,
            containers=_CONTAINERS,
        ),
    ),
    "roster_with_bounds": Example(
        codec.decode_event,
        Roster(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            roster=codec.roster_hash([_BOUND]),
            time_s=1_700_000_100.0,
            containers=[_BOUND],
        ),
    ),
    "metrics": Example(
        codec.decode_event,
        Metrics(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            roster="0011223344556677",
            time_s=1_700_000_100.0,
            cpu_max=[0.25, None],
            memory_max=[200 * MIB, 10 * MIB],
            cpu_sum=[0.6, None],
            memory_sum=[600 * MIB, 10 * MIB],
            replicas=[3, 1],
            throttled=[0.125, None],
            restarts=[0, 1],
            oom_kills=[0, 1],
            times_s=[None, 1_700_000_085.5],
        ),
    ),
    "metrics_displaced": Example(
        codec.decode_event,
        Metrics(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            roster="0011223344556677",
            time_s=1_700_000_100.0,
            cpu_max=[0.25, None],
            memory_max=[200 * MIB, None],
            evictions=[1, None],
            unschedulable=[0, 2],
        ),
    ),
    "metrics_measured_elsewhere": Example(
        codec.decode_event,
        Metrics(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            roster="0011223344556677",
            time_s=1_700_000_100.0,
            cpu_max=[0.25, None],
            memory_max=[200 * MIB, None],
            measured_on=["c5.xlarge", None],
        ),
    ),
    "outcome": Example(
        codec.decode_event,
        Outcome(
            cluster="shop",
            slot=2,
            sent_s=1_700_000_100.25,
            container="shop/web/cart/app",
            command_id="0123456789abcdef",
            status="refused",
            reason="expired",
            detail="valid until 1700000090",
            size=_CURRENT,
            time_s=1_700_000_099.5,
        ),
    ),
    "control_declare": _control(Declare(slots=3, clock="replay")),
    "control_autopilot": _control(Autopilot(stage="up_only", scope="web/cart")),
    "control_approve": _control(Approve(container="shop/web/cart/app", decision_id="0123456789abcdef")),
    "control_policy": _control(_POLICY),
    "control_restart_cost": _control(SetPolicy(defaults=Policy(restart=Restart(cost_usd=0.4)), rules=[])),
    "control_freeze": _control(Freeze(frozen=False, scope="web")),
    "decision": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="resize_up",
            reason="forecast_above_request",
            text="CPU is expected to need 0.75 cores",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_085.5,
            valid_until_s=1_700_000_685.5,
            current=_CURRENT,
            target=_TARGET,
            replicas=3,
            monthly_saving_usd=-12.5,
            stage="full",
            disposition="commanded",
            evidence=Evidence(
                cpu=ResourceEvidence(
                    forecast=[LeadForecast(300, 0.5, 0.6, 0.75), LeadForecast(14_400, 0.4, 0.6, 0.9)],
                    recent_peak=0.625,
                    day_peak=0.75,
                    last=0.5,
                    wape=0.125,
                    coverage=0.9375,
                    quantile=0.975,
                ),
                memory=ResourceEvidence(last=200 * MIB),
                trigger="bucket_close",
                runner_up=RunnerUp("keep", _CURRENT, 50.0, "throttled in 1 of 20 minutes"),
                buckets_seen=288,
                price_node_type="m5.large",
                price_assumed=True,
            ),
        ),
    ),
    "decision_move": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="move",
            reason="cheaper_machines",
            text="Other machines cost less",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_085.5,
            valid_until_s=1_700_000_685.5,
            current=_CURRENT,
            target=_CURRENT,
            monthly_saving_usd=7.5,
            stage="full",
            disposition="recommended",
            evidence=Evidence(
                trigger="bucket_close",
                runner_up=RunnerUp("r5.large", _CURRENT, 41.5, "It costs 2.25 USD a month more"),
                buckets_seen=600,
                price_node_type="m5.large",
                move=MoveEvidence(
                    stretches=[
                        MachineStretch(28_800, 72_000, "m5.large", 1.0, 1536 * MIB, 0.576),
                        MachineStretch(72_000, 28_800, "r5.large", 0.4, 6656 * MIB, 0.614),
                    ],
                    quantile=0.95,
                    model="share",
                    usd_day=1.298,
                    moves_usd_day=0.108,
                    moves=2,
                    moves_a_day=2,
                    bound_usd_day=1.19,
                    single_type="r5.large",
                    single_usd_day=1.37,
                    staying_usd_day=1.512,
                ),
            ),
            move=MoveTarget(
                from_type="m5.large",
                to_type="r5.large",
                begin_s=1_700_076_600.0,
                end_s=1_700_163_000.0,
                moves=[
                    PlannedMove(1_700_076_600.0, 1_700_078_400.0, "r5.large"),
                    PlannedMove(1_700_119_800.0, 1_700_121_600.0, "m5.large"),
                ],
                daily=True,
            ),
        ),
    ),
    "decision_of_a_leak": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/kube-system/agent@m5.large/main",
            action="resize_up",
            reason="leak",
            text="Memory leaks",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_085.5,
            valid_until_s=1_700_000_685.5,
            current=_CURRENT,
            target=_TARGET,
            evidence=Evidence(
                cpu=ResourceEvidence(reason="scaled_by_hpa", runs=[0.5, 0.25]),
                memory=ResourceEvidence(reason="leak", floor=128 * MIB, ceiling=1024 * MIB, time_to_limit_s=5400.0),
                trigger="bucket_close",
            ),
        ),
    ),
    "decision_by_nowcast": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="resize_down",
            reason="demand_below_request",
            text="Less is expected to be used than is requested",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_100.0,
            valid_until_s=1_700_000_700.0,
            current=_CURRENT,
            target=_TARGET,
            evidence=Evidence(
                cpu=ResourceEvidence(next_peak=NextPeak(lead_s=1800, p50=0.2, p95=0.31, p99=0.4, risk=0.005)),
                trigger="bucket_close",
            ),
        ),
    ),
    "decision_that_pays": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="resize_down",
            reason="restart_pays",
            text="A change pays for its restart, and does not wait for the window",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_100.0,
            valid_until_s=1_700_000_700.0,
            current=_CURRENT,
            target=_TARGET,
            evidence=Evidence(
                trigger="bucket_close",
                restart=RestartEvidence(saved_usd=0.52, cost_usd=0.2, window_s=1_700_028_000.0, kill_expected=True),
            ),
        ),
    ),
    "decision_in_cores_of_a_rated_type": Example(
        codec.decode_decision,
        Decision(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="hold",
            reason="within_band",
            text="The size fits",
            time_s=1_700_000_100.0,
            sampled_s=1_700_000_100.0,
            valid_until_s=1_700_000_700.0,
            current=_CURRENT,
            target=_CURRENT,
            evidence=Evidence(trigger="bucket_close", cpu_node_type="m5.xlarge", cpu_performance=0.8),
        ),
    ),
    "judgement": Example(
        codec.decode_decision,
        Judgement(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="resize_down",
            applied=True,
            time_s=1_700_000_100.0,
            judged_s=1_700_014_500.0,
            right=False,
            buckets=48,
            cpu=ResourceJudgement(short_share=0.125, peak_share=1.25),
            memory=ResourceJudgement(peak_share=0.75),
            promised_usd=12.5,
            realised_usd=11.75,
            better_usd=-0.5,
            text="Wrong: with shortage priced in it cost 0.50 USD a month more than staying",
        ),
    ),
    "aggregate": Example(
        codec.decode_aggregate,
        Aggregate(
            cluster="shop",
            slot=2,
            namespace="web",
            workload="cart",
            hour_s=1_699_999_200.0,
            container_hours=3.0,
            cpu=ResourceHours(requested=1.5, used=0.75, wasted=0.875),
            memory=ResourceHours(requested=0.75, used=0.5, wasted=0.25),
            saved_usd=0.015625,
            promised_usd=0.03125,
            decisions=2,
            judged=2,
            right=1,
            oom_kills=1,
            evictions=1,
            throttled_minutes=10,
        ),
    ),
    "command": Example(
        codec.decode_command,
        Command(
            id="0123456789abcdef",
            cluster="shop",
            slot=2,
            container="shop/web/cart/app",
            action="resize_up",
            reason="forecast_above_request",
            time_s=1_700_000_100.0,
            valid_until_s=1_700_000_685.5,
            expected=_CURRENT,
            target=_TARGET,
            floor=Size(cpu_request=0.1),
            ceiling=Size(cpu_request=4.0),
        ),
    ),
    "freeze_command": Example(
        codec.decode_command,
        FreezeCommand(cluster="shop", frozen=True, scope="web", author="ann", sent_s=1_700_000_100.25),
    ),
    "cluster": Example(
        codec.decode_cluster, Cluster(name="shop", slots=3, clock="replay", declared_s=1_700_000_000.5)
    ),
    "dead_letter": Example(
        codec.decode_dead_letter,
        DeadLetter(
            id="events/3/17",
            topic="events",
            partition=3,
            offset=17,
            key="shop/2",
            reason="out_of_range",
            detail="1 of 2 samples",
            samples=1,
            cells=[DroppedCell(1, "cpu_max", -1.0, "negative", "shop/batch/nightly/job")],
            payload="e30=",
            sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            size=2,
        ),
    ),
}


def golden(name: str) -> Path:
    return GOLDEN / f"{name}.json"


if __name__ == "__main__":
    for name, example in EXAMPLES.items():
        if not golden(name).exists():
            golden(name).write_bytes(codec.encode(example.message) + b"\n")
