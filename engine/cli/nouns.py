"""Kinds of objects as people name them: plural, singular and short, as with kubectl."""

from __future__ import annotations

from typing import Final

from engine.errors import UserError

NOUNS: Final = {
    "decisions": ("decision", "dec"),
    "containers": ("container", "co"),
    "outcomes": ("outcome", "oc"),
    "policies": ("policy", "pol"),
    "freezes": ("freeze", "fz"),
}
"""Plural to the other forms."""


def asked_for(noun: str, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The plural, and names; `container/shop/web/app` is a noun and a name. Raises UserError."""
    kind, slash, name = noun.partition("/")
    for plural, others in NOUNS.items():
        if kind.lower() in (plural, *others):
            rest = tuple(each.removeprefix(f"{others[0]}/") if slash else each for each in names)
            return plural, ((name, *rest) if slash else rest)
    raise UserError(f"there are no {kind!r} to get, but {', '.join(NOUNS)}")
