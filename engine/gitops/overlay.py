"""Changes as a kustomize overlay for each namespace, with a patch for each workload. Pure: texts by path.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import yaml

from engine.gitops.wanted import Change
from engine.messages import Size
from engine.quantity import whole_millicores
from engine.units import CPU, RESOURCES, STEP

GROUPS: Final = {"CronJob": "batch/v1"}
PLURALS: Final = (("request", "requests"), ("limit", "limits"))
HEADER: Final = "# Written by `trimtab export gitops`: changes made here are overwritten by the next export.\n"


def overlay(changes: Iterable[Change], base: str) -> dict[str, str]:
    """Files by path: NAMESPACE/kustomization.yaml and NAMESPACE/KIND-WORKLOAD.yaml. `base`: what is patched, seen from
    the namespace's folder. Patches have no namespace, for the base may leave it to the overlay above.
    """
    files: dict[str, str] = {}
    for namespace, ours in groupby(sorted(changes), lambda change: change.namespace):
        patches = []
        for (kind, workload), group in groupby(ours, lambda change: (change.kind, change.workload)):
            name = f"{kind.lower()}-{workload}.yaml"
            files[f"{namespace}/{name}"] = HEADER + _yaml(patch(kind, workload, list(group)))
            patches.append({"path": name, "target": {"kind": kind, "name": workload}})
        files[f"{namespace}/kustomization.yaml"] = HEADER + _yaml(_kustomization(base, patches))
    return files


def patch(kind: str, workload: str, changes: list[Change]) -> dict[str, Any]:
    """A strategic merge patch: null takes a limit off."""
    containers = [{"name": each.container, "resources": resources(each.now, each.wanted)} for each in changes]
    template = {"template": {"spec": {"containers": containers}}}
    return {
        "apiVersion": GROUPS.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": workload},
        "spec": {"jobTemplate": {"spec": template}} if kind == "CronJob" else template,
    }


def resources(now: Size, wanted: Size) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for kind, plural in PLURALS:
        for number, resource in enumerate(RESOURCES):
            had, amount = (getattr(size, f"{resource}_{kind}") for size in (now, wanted))
            if amount is not None:
                found.setdefault(plural, {})[resource] = quantity(amount, number)
            elif had is not None:
                found.setdefault(plural, {})[resource] = None
    return found


def quantity(amount: float, resource: int) -> str:
    """As people write it: millicores, and mebibytes where these are whole."""
    if resource == CPU:
        return f"{whole_millicores(amount)}m"
    mebibytes = amount / STEP[resource]
    return f"{mebibytes:.0f}Mi" if mebibytes == round(mebibytes) else str(round(amount))


def _kustomization(base: str, patches: list[dict[str, Any]]) -> dict[str, Any]:
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return {**kind, "resources": [base], "patches": patches}


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False)
