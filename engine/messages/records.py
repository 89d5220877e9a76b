"""Records beside the main flow: declared clusters and dead letters."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from engine.messages.common import ClusterName, Count, Seconds, written_version


class Cluster(Struct, frozen=True, kw_only=True, tag_field="kind", tag="cluster"):
    """A declared cluster, as agents and people read it. `slots` never changes."""

    version: str = written_version()
    name: ClusterName
    slots: Annotated[int, Meta(ge=1)]
    clock: Literal["wall", "replay"] = "wall"
    declared_s: Seconds


class DroppedCell(Struct, frozen=True, omit_defaults=True):
    """One cell of a metrics message that was dropped while its neighbours were folded."""

    row: int
    column: str
    value: float | None
    reason: str
    container: str = ""


class DeadLetter(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="dead_letter"):
    """What could not be used, and why. `id` (topic/partition/offset) recognises a repeat.

    `samples` is how many samples are lost with it. `payload` is the first 64 kB as base64, for whole messages only;
    `sha256` and `size` are those of all of it.
    """

    version: str = written_version()
    id: str
    topic: str
    partition: int
    offset: int
    key: str = ""
    reason: str
    detail: str = ""
    samples: Count = 0
    cells: list[DroppedCell] = []
    payload: str = ""
    sha256: str = ""
    size: Count = 0
