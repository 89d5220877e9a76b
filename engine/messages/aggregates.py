"""What an hour of a workload comes to: the topic `aggregates`."""

from __future__ import annotations

from msgspec import Struct

from engine.messages.common import ClusterName, Count, Name, Seconds, written_version


class ResourceHours(Struct, frozen=True, omit_defaults=True):
    """Core-hours or GiB-hours of all replicas: requested, used, and requested in vain.

    The largest replica stands for each; wasted is what a container requested in the hour beyond what it used.
    """

    requested: float = 0.0
    used: float = 0.0
    wasted: float = 0.0


class Aggregate(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="aggregate"):
    """Sums over an hour of event time that begins at `hour_s`, for one workload. Sums of sums are sums.

    Cluster, namespace, workload and hour identify it: one that comes twice is to be counted once. `saved_usd` is what
    the hour really cost less than at the requests from before auto-pilot, `promised_usd` what the decisions applied
    had said; `decisions` counts changes of size, `judged` and `right` those of which that is known since this hour.
    """

    version: str = written_version()
    cluster: ClusterName
    slot: Count
    namespace: Name
    workload: Name
    hour_s: Seconds
    container_hours: float = 0.0
    """Hours with samples times replicas."""
    cpu: ResourceHours = ResourceHours()
    memory: ResourceHours = ResourceHours()
    saved_usd: float = 0.0
    promised_usd: float = 0.0
    decisions: Count = 0
    judged: Count = 0
    right: Count = 0
    oom_kills: Count = 0
    evictions: Count = 0
    throttled_minutes: Count = 0
    """In buckets of 5 minutes with more throttling than is borne."""
