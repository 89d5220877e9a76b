"""What some tests want beside the control plane: metrics-server, the Vertical Pod Autoscaler's recommender."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from engine.control_plane.build import VPA_DEFINITIONS
from engine.control_plane.client import Client, Object
from engine.errors import UserError

_SERVICES: Final = "/api/v1/namespaces/kube-system/services"
_APIS: Final = "/apis/apiregistration.k8s.io/v1/apiservices"
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def register_metrics_server(client: Client, port: int) -> None:
    """The aggregation layer calls it by an external name: no pod network leads to it."""
    name = "metrics-server"
    service: Object = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }  # fmt: skip
    api: Object = {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": True, "service": {"name": name, "namespace": "kube-system", "port": port},
        },
    }  # fmt: skip
    client.apply(f"{_SERVICES}/{name}", service)
    client.apply(f"{_APIS}/v1beta1.metrics.k8s.io", api)


def define_vpa(client: Client, binaries: Path) -> None:
    """VPA's CustomResourceDefinitions, from its own module. Raises UserError when they do not lie with the programs."""
    file = binaries / VPA_DEFINITIONS
    if not file.exists():
        raise UserError(f"the Vertical Pod Autoscaler needs {file}: it is deploy/{VPA_DEFINITIONS} of its module")
    for definition in yaml.safe_load_all(file.read_text()):
        if definition:
            client.apply(f"{_DEFINITIONS}/{definition['metadata']['name']}", definition)
