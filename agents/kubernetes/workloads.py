"""Owners of pods, and what bounds how they are disturbed: fields that we use."""

from __future__ import annotations

from msgspec import Raw, Struct

from agents.kubernetes.pods import Condition, Metadata, PodSpec


class LabelSelector(Struct, rename="camel", frozen=True, kw_only=True):
    match_labels: dict[str, str] = {}


class RollingUpdate(Struct, rename="camel", frozen=True, kw_only=True):
    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class Strategy(Struct, rename="camel", frozen=True, kw_only=True):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class Template(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()


class WorkloadSpec(Struct, rename="camel", frozen=True, kw_only=True):
    replicas: int | None = None
    selector: LabelSelector = LabelSelector()
    template: Raw = Raw(b"{}")
    paused: bool = False
    strategy: Strategy = Strategy()
    update_strategy: Strategy = Strategy()


class WorkloadStatus(Struct, rename="camel", frozen=True, kw_only=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    desired_number_scheduled: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0
    conditions: list[Condition] = []


class Workload(Struct, rename="camel", frozen=True, kw_only=True):
    """A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob (whose template is deeper, and not read)."""

    kind: str = ""
    metadata: Metadata
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class BudgetStatus(Struct, rename="camel", frozen=True, kw_only=True):
    disruptions_allowed: int = 0


class DisruptionBudgetSpec(Struct, rename="camel", frozen=True, kw_only=True):
    selector: LabelSelector = LabelSelector()


class DisruptionBudget(Struct, rename="camel", frozen=True, kw_only=True):
    """A PodDisruptionBudget."""

    metadata: Metadata
    spec: DisruptionBudgetSpec = DisruptionBudgetSpec()
    status: BudgetStatus = BudgetStatus()
