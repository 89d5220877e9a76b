"""`trimtab collect`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

import click
import orjson

from agents.collector.jobs import cgroup_job, replay_job, synthetic_job
from agents.collector.run import Job
from agents.collector.run import collect as run
from agents.collector.settings import CgroupSettings, CollectorSettings, ReplaySettings, SyntheticSettings
from agents.collector.sources.kubernetes.settings import KubernetesSettings
from agents.collector.sources.otlp.job import otlp_job
from agents.collector.sources.otlp.settings import OtlpSettings
from agents.collector.sources.prometheus.job import prometheus_job
from agents.collector.sources.prometheus.settings import PrometheusSettings
from engine.logs import configure
from engine.settings import settings_options

S = TypeVar("S", bound=CollectorSettings)


@click.group()
def collect() -> None:
    """Run a collector: publish a cluster's metrics and rosters.

    What it takes in goes to a spool on disk first and leaves it when the broker has it: an outage of the broker or a
    restart of the collector loses nothing within the spool's bounds. At its end it prints a summary as JSON.
    """


def _start(settings: S, job_of: Callable[[S], Job]) -> None:
    _configure(settings)
    click.echo(orjson.dumps(asyncio.run(run(settings, job_of(settings)))))


def _configure(settings: CollectorSettings) -> None:
    configure(settings, "collector")
    if settings.log_level != "debug":  # several lines a second while the broker is away, which we say once
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@collect.command()
@settings_options(ReplaySettings)
def replay(settings: ReplaySettings) -> None:
    """Replay a trace as the demand of a simulated cluster.

    \b
    Examples:
      trimtab collect replay --cluster shop --trace usage.csv.gz
      trimtab collect replay --cluster shop --trace usage.csv --speed 3600 --pace-url http://127.0.0.1:6066/progress
      trimtab collect replay --cluster demo --dataset datacentertraces --containers 300 --days 3
    """
    _start(settings, replay_job)


@collect.command()
@settings_options(CgroupSettings)
def cgroup(settings: CgroupSettings) -> None:
    """Publish what the containers and services of this machine use, from its cgroup v2 tree.

    \b
    Examples:
      trimtab collect cgroup --cluster laptop
      trimtab collect cgroup --cluster laptop --interval 5 --http-port 9101
    """
    _start(settings, cgroup_job)


@collect.command()
@settings_options(SyntheticSettings)
def synthetic(settings: SyntheticSettings) -> None:
    """Publish any number of containers with a known truth, for benchmarks and tests.

    \b
    Examples:
      trimtab collect synthetic --cluster bench --containers 100000 --interval 15
      trimtab collect synthetic --cluster bench --clock replay --duration 86400 --urgent-per-minute 10
      trimtab collect synthetic --cluster bench --clusters 4 --containers 250000
    """
    _start(settings, synthetic_job)


@collect.command()
@settings_options(KubernetesSettings)
def kubernetes(settings: KubernetesSettings) -> None:
    """Publish what the containers of a Kubernetes cluster use, as its kubelets say.

    Watches pods, nodes, workloads, autoscalers, limits and quotas; of several replicas one collects and the others
    stand by. While the API server is away it goes on with what it knew.

    \b
    Examples:
      trimtab collect kubernetes --cluster shop
      trimtab collect kubernetes --cluster shop --kubeconfig ~/.kube/config --kubelet-insecure-tls
      trimtab collect kubernetes --cluster shop --scrape proxy --interval 30 --no-throttling
    """
    from agents.collector.sources.kubernetes.job import collect_kubernetes  # noqa: PLC0415  (its client is large)

    _configure(settings)
    click.echo(orjson.dumps(asyncio.run(collect_kubernetes(settings))))


@collect.command()
@settings_options(PrometheusSettings)
def prometheus(settings: PrometheusSettings) -> None:
    """Publish what a Prometheus has scraped from kubelets (cAdvisor) and kube-state-metrics.

    At the first start the last --days go first, so that the engine has seasons from the first day; after a pause, what
    was missed. Old samples teach the forecast and command nothing.

    \b
    Examples:
      trimtab collect prometheus --cluster shop --url http://prometheus.monitoring:9090
      trimtab collect prometheus --cluster shop --url https://thanos --selector 'cluster="shop"' --days 7
      trimtab collect prometheus --cluster shop --url https://mimir/prometheus --headers 'X-Scope-OrgID: shop' \\
        --bearer-token-file /var/run/secrets/token --ca-file /etc/ssl/own.pem
    """
    _start(settings, prometheus_job)


@collect.command()
@settings_options(OtlpSettings)
def otlp(settings: OtlpSettings) -> None:
    """Publish what OpenTelemetry collectors push: OTLP over HTTP, protobuf or JSON, at /v1/metrics.

    Understood are the containers' metrics of the receivers kubeletstats (container.cpu.usage, container.cpu.time,
    container.memory.working_set, …) and k8s_cluster (k8s.container.cpu_request and so on); k8sattributes names the
    workloads.

    \b
    Examples:
      trimtab collect otlp --cluster shop --host 0.0.0.0
      trimtab collect otlp --cluster shop --port 4318 --token-file /var/run/secrets/otlp
    """
    _start(settings, otlp_job)
