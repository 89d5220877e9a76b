"""The policy that annotations set: a namespace's, over it the owner's, over it the pod's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace
from structlog.stdlib import get_logger

from agents.collector.sources.kubernetes.kept import Annotations
from engine.messages import Policy, Restart, Risk, Size
from engine.policy.annotations import read_annotations

MOST_TOLD: Final = 10_000
MERGED: Final = (Policy, Size, Risk, Restart)
"""A narrower layer replaces single fields of these, as narrower scopes do in the engine."""
log = get_logger(__name__)


class Policies:
    """Reads annotations; says what is wrong with them once, however many pods have them. `problems`: how many."""

    def __init__(self) -> None:
        self.problems = 0
        self._told: set[tuple[str, str, str]] = set()

    def of(self, workload: str, layers: Sequence[Annotations]) -> Policy | None:
        """The most specific layer is the last. None where nothing is set."""
        found: Policy | None = None
        for layer in layers:
            if not layer:
                continue
            policy, problems = _read(layer)
            for path, text in problems:
                self._tell(workload, path, text)
            found = policy if found is None else overlaid(found, policy)
        return found if found != Policy() else None

    def _tell(self, workload: str, path: str, text: str) -> None:
        if (workload, path, text) in self._told or len(self._told) > MOST_TOLD:
            return
        self._told.add((workload, path, text))
        self.problems += 1
        log.warning("annotation_wrong", workload=workload, annotation=path, why=text)


def overlaid(below: Any, above: Any) -> Any:
    """`above` with `below` where it says nothing, within parts too."""
    changes: dict[str, Any] = {}
    for name in above.__struct_fields__:
        low, high = getattr(below, name), getattr(above, name)
        if high is None:
            changes[name] = low
        elif isinstance(low, MERGED) and isinstance(high, MERGED):
            changes[name] = overlaid(low, high)
    return replace(above, **changes)


@lru_cache(maxsize=1 << 12)
def _read(annotations: Annotations) -> tuple[Policy, tuple[tuple[str, str], ...]]:
    policy, problems = read_annotations(dict(annotations))
    return policy, tuple((problem.path, problem.text) for problem in problems)
