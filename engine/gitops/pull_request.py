"""What a pull request needs beside its files: the text, and the difference to what was there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import Final

from engine.gitops.overlay import quantity
from engine.gitops.wanted import Change, Changes
from engine.messages import Size
from engine.units import RESOURCES

MOST_WHY: Final = 300
TITLE: Final = "Sizes of containers, as their use asks for"


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A unified diff of all files, such as `git apply` and people read; empty where nothing changes."""
    parts: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        names = ["/dev/null" if text is None else f"{side}/{path}" for side, text in (("a", old), ("b", new))]
        parts.extend(unified_diff(_lines(old), _lines(new), names[0], names[1]))
    return "".join(parts)


def description(changes: Changes, cluster: str) -> str:
    """Markdown: a table of the changes, why of each, and what was left out."""
    saved = sum(change.usd for change in changes.changes)
    verb = "saves" if saved >= 0 else "costs"
    head = f"# {TITLE}\n\nCluster {cluster}, {len(changes.changes)} containers; {verb} USD {abs(saved):,.2f} a month.\n"
    rows = ["| container | requests and limits now | wanted | USD a month |", "|---|---|---|--:|"]
    for each in changes.changes:
        rows.append(f"| {_name(each)} | {_size(each.now)} | {_size(each.wanted)} | {each.usd:,.2f} |")
    why = [f"- {_name(each)}: {each.why[:MOST_WHY]}" for each in changes.changes if each.why]
    left_out = [f"- {line}" for line in changes.left_out]
    parts = [head, "\n".join(rows), *_section("Why", why), *_section("Left out", left_out)]
    return "\n".join(parts) + "\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"\n## {title}\n", *found] if found else []


def _size(size: Size) -> str:
    parts = []
    for number, resource in enumerate(RESOURCES):
        request, limit = (getattr(size, f"{resource}_{kind}") for kind in ("request", "limit"))
        stated = ["–" if amount is None else quantity(amount, number) for amount in (request, limit)]
        parts.append(f"{resource} {stated[0]} / {stated[1]}")
    return ", ".join(parts)


def _name(change: Change) -> str:
    return f"{change.namespace}/{change.workload}/{change.container}"


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.splitlines(keepends=True)
