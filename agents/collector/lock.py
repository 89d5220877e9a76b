"""One collector for one spool."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import UserError


@contextmanager
def only_one(spool: Path) -> Iterator[None]:
    """Holds the spool for this process; the kernel lets go of it when the process ends, however it does.

    Raises UserError when another process holds it.
    """
    try:
        spool.parent.mkdir(parents=True, exist_ok=True)
        file = spool.with_suffix(".lock").open("a")
    except OSError as error:
        raise UserError(f"The spool {spool} cannot be used: {error}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"Another collector is using the spool {spool}: stop it, or give --spool-dir.") from error
        yield
