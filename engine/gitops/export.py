"""Reads a cluster's log, and writes its overlay into a folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from engine.broker.admin import connect, declared_partitions
from engine.broker.clusters import require_cluster
from engine.broker.reading import read_topic
from engine.gitops.overlay import HEADER, overlay
from engine.gitops.pull_request import description, difference
from engine.gitops.wanted import Changes, Wanted
from engine.identity import partitions_of

PULL_REQUEST: Final = "pull-request.md"


class Exported(NamedTuple):
    """`difference`: of the files from before to those that were written."""

    changes: Changes
    difference: str


def wanted_of(bootstrap: str, cluster: str) -> Wanted:
    """From the topics `events` (rosters) and `decisions`; writes nothing. Raises UserError."""
    declared = require_cluster(bootstrap, cluster)
    wanted, client = Wanted(cluster), connect(bootstrap)
    count = declared_partitions(client, "events")
    partitions = partitions_of(cluster, range(declared.slots), count)
    for key, value in read_topic(bootstrap, "events", partitions):
        if value is not None:
            wanted.take_event(key, value)
    for key, value in read_topic(bootstrap, "decisions", range(declared_partitions(client, "decisions"))):
        if value is not None:
            wanted.take_decision(key, value)
    return wanted


def export(wanted: Wanted, out: Path, base: str, namespaces: Collection[str] = ()) -> Exported:
    """Writes what is wanted, takes away what an export before wrote and is wanted no more, and touches nothing else."""
    changes = wanted.changes(frozenset(namespaces))
    before, after = written(out, namespaces), overlay(changes.changes, base)
    for path in before.keys() - after.keys():
        (out / path).unlink()
    for path, text in after.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / PULL_REQUEST).write_text(description(changes, wanted.cluster))
    return Exported(changes, difference(before, after))


def written(out: Path, namespaces: Collection[str] = ()) -> dict[str, str]:
    """Files of exports before, by path: they say so in their first line."""
    found = {}
    for file in sorted(out.glob("*/*.yaml")):
        text = file.read_text()
        if text.startswith(HEADER) and (not namespaces or file.parent.name in namespaces):
            found[str(file.relative_to(out))] = text
    return found
