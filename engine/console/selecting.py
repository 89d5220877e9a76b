"""Which rows are meant: names, a namespace, a selector; and their order. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from engine.console.rows import Row
from engine.errors import UserError

_TERM = re.compile(r"([a-z-]+)(!=|==|=)([^=!,]*)")


@dataclass(frozen=True, slots=True)
class Selection:
    """`names` are of objects, of what holds them (shop, shop/checkout), or ids; within `namespace` if there is one."""

    cluster: str
    namespace: str | None = None
    names: Sequence[str] = ()
    selector: str = ""

    @property
    def prefix(self) -> str:
        """With which the key of each record that is meant begins."""
        return f"{self.cluster}/{self.namespace}/" if self.namespace else f"{self.cluster}/"

    def chosen(self, rows: Sequence[Row]) -> list[Row]:
        """In their order. Raises UserError for a selector that is none."""
        holds = selector_of(self.selector)
        return [row for row in rows if self._has(row) and holds(row)]

    def missing(self, rows: Sequence[Row]) -> list[str]:
        """Names that no row has."""
        return [name for name in self.names if not any(self._is(name, row) for row in rows)]

    def _has(self, row: Row) -> bool:
        if self.namespace and row.namespace not in (self.namespace, ""):  # "": what holds in all of them
            return False
        return not self.names or any(self._is(name, row) for name in self.names)

    def _is(self, name: str, row: Row) -> bool:
        if name == row.other_name:
            return True
        wanted = [name, name.removeprefix(f"{self.cluster}/")]
        if self.namespace:
            wanted = [name if name.startswith(f"{self.namespace}/") else f"{self.namespace}/{name}"]
        return any(f"{row.name}/".startswith(f"{one}/") for one in wanted)


def selector_of(text: str) -> Callable[[Row], bool]:
    """`action=resize_up,reason!=within_band`: all must hold. Raises UserError."""
    terms = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _TERM.fullmatch(part)
        if found is None:
            raise UserError(f"--selector: expected terms such as action=resize_up,status!=none, got {part!r}")
        terms.append(found.groups())
    known = {"action", "reason", "status", "stage", "judged", "kind", "node-type"}
    if strange := [key for key, _, _ in terms if key not in known]:
        raise UserError(f"--selector: there is no {strange[0]!r}, but {', '.join(sorted(known))}")
    return lambda row: all((row.labels.get(key, "") == value) == (sign != "!=") for key, sign, value in terms)


def ordered(rows: Sequence[Row], by: str | None) -> list[Row]:
    """By a column, ascending; None: as they are. Raises UserError for a column that there is not."""
    if by is None:
        return list(rows)
    column = by.upper()
    if rows and column not in rows[0].cells and by not in rows[0].order:
        raise UserError(f"--sort-by: there is no column {by!r}, but {', '.join(rows[0].cells).lower()}")
    numbers = any(by in row.order for row in rows)
    if numbers:
        return sorted(rows, key=lambda row: row.order.get(by, 0.0))
    return sorted(rows, key=lambda row: row.name if by == "name" else row.cells.get(column, ""))


def near(name: str, names: Sequence[str]) -> list[str]:
    """Names that are alike, the most alike first: of all of it, else of its last parts."""
    tails: dict[str, str] = {}
    for one in names:
        for depth in range(len(one.split("/"))):
            tails.setdefault(one.split("/", depth)[-1], one)
    found = get_close_matches(name, [*names, *tails], n=5, cutoff=0.6)
    return list(dict.fromkeys(tails.get(one, one) for one in found))[:3]
