"""The ports of one control plane: nodes and clients know them, so they stay the same while its data live."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.broker.ports import free_port, is_free
from engine.errors import UserError


class Ports(msgspec.Struct, frozen=True):
    """On 127.0.0.1. `kubelet` is where kwok answers for the kubelet of every node."""

    api_server: int
    kubelet: int
    metrics_server: int
    store: int
    store_peers: int


def chosen_ports(file: Path, api_server: int = 0) -> Ports:
    """Those of `file`, which earlier data were served on; else free ones, written there. `api_server`: 0 takes any.

    Raises UserError when one that is known to clients is taken.
    """
    ports = _read(file) or Ports(*_distinct(len(Ports.__struct_fields__)))
    ports = msgspec.structs.replace(ports, api_server=api_server or ports.api_server)
    for name in Ports.__struct_fields__:
        if not is_free(port := getattr(ports, name)):
            raise UserError(f"port {port}, that of the control plane's {name}, is taken: free it or choose another")
    file.write_bytes(msgspec.json.encode(ports))
    return ports


def _distinct(count: int) -> list[int]:
    """Nothing listens on them yet, so that one may be drawn twice."""
    chosen: set[int] = set()
    while len(chosen) < count:
        chosen.add(free_port())
    return list(chosen)


def _read(file: Path) -> Ports | None:
    return msgspec.json.decode(file.read_bytes(), type=Ports) if file.exists() else None
