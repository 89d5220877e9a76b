"""Free ports for servers that clients keep calling while they are down."""

from __future__ import annotations

import random
import socket
from typing import Final

from engine.errors import UserError

_LOWEST: Final = 15_000
_BELOW_EPHEMERAL: Final = 32_000


def free_port() -> int:
    """A port that nothing listens on, below the range from which the system takes ports for outgoing connections.

    A client that keeps calling a dead server from that range may be given the server's own port as its source,
    is then connected to itself, and the server cannot come back.
    """
    choice = random.SystemRandom()
    for _ in range(1000):
        port = choice.randrange(_LOWEST, _BELOW_EPHEMERAL)
        if is_free(port):
            return port
    raise UserError(f"no free port between {_LOWEST} and {_BELOW_EPHEMERAL} on 127.0.0.1")


def is_free(port: int) -> bool:
    """Nothing listens on 127.0.0.1:`port`; a connection of yesterday that lingers there does no harm."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
