"""Things that are fetched once and kept outside of the checkout: one folder each, keyed by name and version."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """`TRIMTAB_CACHE`, else `trimtab` in the user's cache folder. Made if absent."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(os.environ.get("TRIMTAB_CACHE") or Path(base) / "trimtab")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetch_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; when absent, `make(empty folder)` fills it.

    Atomic: filled under another name, renamed when whole. A lock keeps two processes from fetching at once.
    """
    target = cache_folder() / name
    if target.is_dir():
        return target
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _fill(target, make)
    return target


def _fill(target: Path, make: Callable[[Path], None]) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        make(scratch)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
