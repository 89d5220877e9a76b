"""Functions compiled to machine code by numba, whose results do not depend on the machine.

Without `fastmath` and `parallel` every operation is IEEE arithmetic in the order in which it is written, and a row's
result does not depend on what is computed beside it. Do not call `exp`, `log` or `pow` of the C library in compiled
functions, for they differ between processors: `forecast.powers` has ours.

numba keeps what it compiled beside the source file, in `NUMBA_CACHE_DIR` or in the user's cache directory, and
recompiles when that file has changed. It does not look at functions and constants of other files, which are compiled
in: so a function's name in the cache carries a digest of all that it refers to.

Call a compiled function with arguments of one set of types only (contiguous arrays, no numpy scalar where others give a
Python int): each set is compiled for itself, and processes that fill a cache with different ones at the same time can
mix them up. A test counts the sets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy"}
"""Dividing by zero gives what IEEE says, as in numpy, instead of an exception."""


def compiled(function: F) -> F:
    """Decorator: `function` compiled at its first call, or taken from the cache."""
    assert isinstance(function, FunctionType)
    function.__qualname__ += f".{_digest(function)}"
    try:
        return cast(F, numba.njit(function, cache=True, **_OPTIONS))
    except RuntimeError:  # no directory that can be written to
        return cast(F, numba.njit(function, **_OPTIONS))


def _digest(function: FunctionType) -> str:
    """Of the function's code and the values of the globals that it names, other compiled functions included."""
    code, known = function.__code__, function.__globals__
    assert not any(isinstance(constant, CodeType) for constant in code.co_consts), "a function within a compiled one"
    parts = [code.co_code, repr((code.co_consts, code.co_names, function.__defaults__, _OPTIONS)).encode()]
    for name in code.co_names:
        value = known.get(name)
        parts += _described(value)
        if isinstance(value, ModuleType):
            parts += [part for attribute in code.co_names for part in _described(getattr(value, attribute, None))]
    return hashlib.blake2b(b"\0".join(parts), digest_size=6).hexdigest()


def _described(value: Any) -> list[bytes]:
    if isinstance(value, np.ndarray):
        return [str(value.dtype).encode(), value.tobytes()]
    if isinstance(value, bool | int | float | str | np.generic | tuple):
        return [repr(value).encode()]
    return [getattr(value, "__qualname__", "").encode(), repr(getattr(value, "_fields", "")).encode()]
