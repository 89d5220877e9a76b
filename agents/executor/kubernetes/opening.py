"""From settings to a target in a cluster, and to the lease by which one executor of several acts."""

from __future__ import annotations

import secrets
import socket

from agents.executor.kubernetes.target import KubernetesTarget
from agents.executor.settings import ExecutorSettings
from agents.kubernetes.connection import Api
from agents.kubernetes.lease import Election
from engine.errors import UserError


async def open_kubernetes(settings: ExecutorSettings) -> KubernetesTarget:
    """Raises UserError."""
    if settings.clock == "replay":
        raise UserError("--clock replay needs --target simulated: --target kubernetes lives in real time.")
    api = await Api.open(settings.kubeconfig, settings.context)
    return KubernetesTarget(
        api,
        pods_at_once=settings.pods_at_once,
        patience_s=settings.resize_patience_s,
        restart_by=settings.restart_by,
        restart_patience_s=settings.restart_patience_s,
        move_patience_s=settings.move_patience_s,
        move_by_family=settings.move_by_family,
        yield_s=settings.yield_hours * 3600,
    )


def election_of(settings: ExecutorSettings, target: KubernetesTarget) -> Election | None:
    """None where the settings name no lease."""
    if settings.lease_namespace is None:
        return None
    identity = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    return Election(target.api, settings.lease_namespace, f"trimtab-executor-{settings.cluster}", identity)
