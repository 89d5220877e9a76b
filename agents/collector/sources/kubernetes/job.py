"""The collector of a Kubernetes cluster, put together."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import generate_latest
from structlog.stdlib import get_logger

from agents.collector.clock import WallClock
from agents.collector.run import Job, collect
from agents.collector.sender import Sender
from agents.collector.source import Source
from agents.collector.sources.kubernetes.kubelets import Direct, Kubelets, Proxied
from agents.collector.sources.kubernetes.leadership import Leadership, election_of
from agents.collector.sources.kubernetes.scraper import Scraper
from agents.collector.sources.kubernetes.settings import KubernetesSettings
from agents.collector.sources.kubernetes.source import TOLD, KubernetesSource
from agents.collector.sources.kubernetes.telemetry import KubernetesTelemetry
from agents.collector.sources.kubernetes.view import View
from agents.collector.spool import Spool
from agents.collector.startup import Ground
from agents.kubernetes.connection import Api

log = get_logger(__name__)


async def collect_kubernetes(settings: KubernetesSettings) -> dict[str, Any]:
    """Waits until it leads, then runs until it is stopped; returns the summary. Raises UserError.

    Where leadership is lost the process ends, with `leadership.LOST`.
    """
    api = await Api.open(settings.kubeconfig, settings.context)
    telemetry = KubernetesTelemetry()
    leadership = Leadership(election_of(settings, api))
    try:
        await leadership.win(settings, telemetry.registry)
        telemetry.leading.set(1.0)
        try:
            return await collect(settings, kubernetes_job(settings, api, telemetry, leadership))
        finally:
            await leadership.give_up()
    finally:
        await api.close()


def kubernetes_job(
    settings: KubernetesSettings, api: Api, telemetry: KubernetesTelemetry, leadership: Leadership
) -> Job:
    def scraper_of(view: View) -> Scraper:
        return Scraper(
            view.node_list.view, kubelets_of(settings, api), settings.interval, settings.scrapes_at_once,
            settings.throttling, telemetry,
        )  # fmt: skip

    def prepare(ground: Ground, spool: Spool) -> Source:
        spool.reset_counters()
        since_s = _told_until_s(spool, leadership)
        return KubernetesSource(api, ground.clusters[0], settings.interval, since_s, scraper_of, telemetry)

    return Job(
        [settings.cluster], "wall", WallClock(), prepare, _Pace, {"api_server": api.server}, beside=_run,
        metrics=lambda: generate_latest(telemetry.registry), fence=leadership.fence,
    )  # fmt: skip


def kubelets_of(settings: KubernetesSettings, api: Api) -> Kubelets:
    """Raises UserError."""
    if settings.scrape == "proxy":
        return Proxied(api)
    return Direct(api, settings.kubelet_ca, settings.kubelet_insecure_tls, settings.interval)


def _told_until_s(spool: Spool, leadership: Leadership) -> float:
    """What befell pods until then was told; and nothing of another's time stays in the spool."""
    if leadership.goes_on(spool):
        told_s = spool.fact(TOLD)
        return float(told_s) if isinstance(told_s, float) else time.time()
    if dropped := spool.discard():
        log.warning("spool_discarded", messages=dropped, why="another replica may have led since it was written")
    return leadership.taken_over_s or time.time()


class _Pace:
    def __init__(self, source: Source, _: Sender, __: Spool) -> None:
        assert isinstance(source, KubernetesSource)
        self._source = source

    async def until(self, time_s: float) -> None:
        await self._source.due(time_s)


async def _run(source: Source) -> None:
    assert isinstance(source, KubernetesSource)
    await source.run()
