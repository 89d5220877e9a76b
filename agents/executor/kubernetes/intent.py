"""The annotation that says which decision sets a container's size and why: on its owner first, then on each pod.

On the owner it is the intent: what stands there is what the pods shall have, also those that come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from engine.messages import Size

PREFIX: Final = "applied.trimtab.io/"
MANAGER: Final = "trimtab"
"""Field manager of all our writes."""


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
    return f"{PREFIX}{container}.at.{node_type}" if node_type else PREFIX + container


def read(annotations: Mapping[str, str], key: str) -> Applied | None:
    """None where there is none, or one that is not ours to understand."""
    try:
        return msgspec.json.decode(annotations[key], type=Applied)
    except (KeyError, msgspec.DecodeError):
        return None


def text_of(applied: Applied) -> str:
    return msgspec.json.encode(applied).decode()
