"""docker/kubernetes as `kubectl apply -k` would read it, as far as our bases use kustomize: `resources` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parents[2] / "docker" / "kubernetes"
_PLURALS: Final = {"NetworkPolicy": "networkpolicies"}
_CLUSTER_WIDE: Final = ("Namespace", "ClusterRole", "ClusterRoleBinding")


def resolve(name: str) -> list[dict[str, Any]]:
    """The objects of a base or overlay, in order."""
    return _resolve(FOLDER / name)


def _resolve(path: Path) -> list[dict[str, Any]]:
    if not path.is_dir():
        return [each for each in yaml.safe_load_all(path.read_text()) if each]
    kustomization = yaml.safe_load((path / "kustomization.yaml").read_text())
    assert kustomization.keys() <= {"apiVersion", "kind", "namespace", "resources"}
    return [each for name in kustomization["resources"] for each in _resolve((path / name).resolve())]


def path_of(made: dict[str, Any]) -> str:
    """Where the API server has it."""
    version, kind, metadata = made["apiVersion"], made["kind"], made["metadata"]
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    space = "" if kind in _CLUSTER_WIDE else f"/namespaces/{metadata['namespace']}"
    return f"/{'apis' if '/' in version else 'api'}/{version}{space}/{plural}/{metadata['name']}"
