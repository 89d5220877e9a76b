"""What bounds sizes in a namespace, and what scales replicas: fields that we use."""

from __future__ import annotations

from msgspec import Raw, Struct

from agents.kubernetes.pods import Metadata


class ScaleTarget(Struct, rename="camel", frozen=True, kw_only=True):
    kind: str = ""
    name: str = ""


class ScalerMetricSource(Struct, rename="camel", frozen=True, kw_only=True):
    name: str = ""
    container: str = ""


class ScalerMetric(Struct, rename="camel", frozen=True, kw_only=True):
    type: str = ""
    resource: ScalerMetricSource | None = None
    container_resource: ScalerMetricSource | None = None


class ScalerSpec(Struct, rename="camel", frozen=True, kw_only=True):
    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: list[ScalerMetric] = []


class Scaler(Struct, rename="camel", frozen=True, kw_only=True):
    """A HorizontalPodAutoscaler of autoscaling/v2."""

    metadata: Metadata
    spec: ScalerSpec = ScalerSpec()


class LimitItem(Struct, rename="camel", frozen=True, kw_only=True):
    type: str = ""
    min: dict[str, str] = {}
    max: dict[str, str] = {}
    max_limit_request_ratio: dict[str, str] = {}


class LimitsSpec(Struct, rename="camel", frozen=True, kw_only=True):
    limits: list[LimitItem] = []


class Limits(Struct, rename="camel", frozen=True, kw_only=True):
    """A LimitRange."""

    metadata: Metadata
    spec: LimitsSpec = LimitsSpec()


class QuotaSpec(Struct, rename="camel", frozen=True, kw_only=True):
    hard: dict[str, str] = {}
    scopes: list[str] = []
    scope_selector: Raw = Raw(b"null")


class QuotaStatus(Struct, rename="camel", frozen=True, kw_only=True):
    hard: dict[str, str] = {}
    used: dict[str, str] = {}


class Quota(Struct, rename="camel", frozen=True, kw_only=True):
    """A ResourceQuota."""

    metadata: Metadata
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()
