"""What shells complete from a broker: quickly, or not at all, and never with an error."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import click

from engine.cli.nouns import NOUNS

_PATIENCE_S: Final = 1.5
"""A person who pressed Tab waits no longer."""


def noun_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [noun for plural, others in NOUNS.items() for noun in (plural, others[0]) if noun.startswith(incomplete)]


def cluster_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return _within(_clusters, context, incomplete)


def namespace_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return _within(lambda context: {name.partition("/")[0] for name in _containers(context)}, context, incomplete)


def object_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Containers; within the namespace that is named."""
    return _within(_containers, context, incomplete)


def scope_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Namespaces, workloads and containers."""

    def scopes(context: click.Context) -> set[str]:
        names = [name.split("/") for name in _containers(context)]
        return {"/".join(parts[:depth]) for parts in names for depth in range(1, len(parts) + 1)}

    return _within(scopes, context, incomplete)


def _within(find: Callable[[click.Context], Iterable[str]], context: click.Context, incomplete: str) -> list[str]:
    """What `find` has found in time. The thread is left behind: it only reads, and ends with the program."""
    found: list[str] = []

    def ask() -> None:
        with suppress(Exception):
            found.extend(sorted(name for name in find(context) if name.startswith(incomplete)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE_S)
    return list(found)


def _broker(context: click.Context) -> str:
    return context.params.get("broker") or os.environ.get("TRIMTAB_BROKER") or "127.0.0.1:9092"


def _clusters(context: click.Context) -> Iterable[str]:
    from engine.broker.clusters import read_clusters  # noqa: PLC0415
    from engine.broker.readiness import answers  # noqa: PLC0415

    broker = _broker(context)
    return read_clusters(broker) if answers(broker.split(",")[0], 1.0) else ()


def _containers(context: click.Context) -> list[str]:
    from engine.broker.readiness import answers  # noqa: PLC0415
    from engine.console.source import Source  # noqa: PLC0415

    broker = _broker(context)
    if not answers(broker.split(",")[0], 1.0):
        return []
    cluster = context.params.get("cluster") or os.environ.get("TRIMTAB_CLUSTER")
    specs = [spec for _, spec in Source.open(broker, cluster).rosters().containers()]
    namespace = context.params.get("namespace")
    if namespace:
        return [f"{spec.workload}/{spec.container}" for spec in specs if spec.namespace == namespace]
    return [f"{spec.namespace}/{spec.workload}/{spec.container}" for spec in specs]
