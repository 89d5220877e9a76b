"""The annotation that says which decision sets a container's size and why: on its owner first, then on each pod.

On the owner it is the intent: what stands there is what the pods shall have, also those that come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from agents.kubernetes.resources import CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, STATEFUL_SETS
from engine.messages import Size

PREFIX: Final = "applied.trimtab.io/"
MANAGER: Final = "trimtab"
"""Field manager of all our writes."""
AT: Final = ".at."
"""Before the type of node, in the annotation of a DaemonSet's owner."""
OWNERS: Final = (CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, STATEFUL_SETS)
"""Kinds that are looked through for intents."""


class Applied(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`at`: seconds since 1970. `before`: the size that this one replaced, to go back to. `over`: the size that the
    owner's template stated then; another one there is someone's later word. `back`: why the command was taken back,
    a reason of outcomes; then `size` is the one from before. `by`: template, evict or move, where pods are made anew.
    `to`, `came`: of a move, the type of machine that is asked for, and that which was before.
    """

    command: str
    size: Size
    why: str = ""
    at: float = 0.0
    before: Size | None = None
    over: Size | None = None
    back: str = ""
    by: str = ""
    to: str = ""
    came: str = ""


def key_of(container: str, node_type: str = "") -> str:
    """Annotation for a container; on a DaemonSet's owner there is one for each type of node."""
    return f"{PREFIX}{container}{AT}{node_type}" if node_type else PREFIX + container


def read_all(annotations: Mapping[str, str]) -> dict[str, Applied]:
    """Those that are ours to understand, by annotation without its prefix: `app`, or `app.at.m5.large`."""
    names = [key.removeprefix(PREFIX) for key in annotations if key.startswith(PREFIX)]
    return {name: intent for name in names if (intent := read(annotations, PREFIX + name)) is not None}


def read(annotations: Mapping[str, str], key: str) -> Applied | None:
    """None where there is none, or one that is not ours to understand."""
    try:
        return msgspec.json.decode(annotations[key], type=Applied)
    except (KeyError, msgspec.DecodeError):
        return None


def text_of(applied: Applied) -> str:
    return msgspec.json.encode(applied).decode()
