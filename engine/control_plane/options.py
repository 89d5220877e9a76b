"""What a development cluster runs beside the usual."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics_server` and `vpa_recommender` are programs of their own; the autoscaler is one of the controllers and
    needs the former. `vpa_interval_s`: how often the recommender thinks (its own default is 60). `audit`: each write to
    pods and workloads is logged with its body, as JSON lines."""

    metrics_server: bool = False
    vpa_recommender: bool = False
    vpa_interval_s: float = 5.0
    horizontal_pod_autoscaling: bool = False
    audit: bool = False
    api_server_flags: tuple[str, ...] = ()
