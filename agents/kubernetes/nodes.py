"""Nodes, with the fields that we use."""

from __future__ import annotations

from msgspec import Struct, field

from agents.kubernetes.pods import Condition, Metadata


class Address(Struct, rename="camel", frozen=True, kw_only=True):
    type: str
    address: str


class Endpoint(Struct, rename="camel", frozen=True, kw_only=True):
    port: int = field(name="Port", default=10250)


class DaemonEndpoints(Struct, rename="camel", frozen=True, kw_only=True):
    kubelet_endpoint: Endpoint = Endpoint()


class NodeInfo(Struct, rename="camel", frozen=True, kw_only=True):
    kubelet_version: str = ""


class Taint(Struct, rename="camel", frozen=True, kw_only=True):
    key: str
    value: str = ""
    effect: str = ""


class NodeSpec(Struct, rename="camel", frozen=True, kw_only=True):
    unschedulable: bool = False
    taints: list[Taint] = []


class NodeStatus(Struct, rename="camel", frozen=True, kw_only=True):
    allocatable: dict[str, str] = {}
    capacity: dict[str, str] = {}
    addresses: list[Address] = []
    daemon_endpoints: DaemonEndpoints = DaemonEndpoints()
    node_info: NodeInfo = NodeInfo()
    conditions: list[Condition] = []


class Node(Struct, rename="camel", frozen=True, kw_only=True):
    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
