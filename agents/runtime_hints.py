"""How much memory a runtime takes for itself, as its flags say: arguments and environment of a container, to bytes.

    -Xmx2g, -XX:MaxHeapSize=2g          JVM: the greatest heap
    -XX:MaxRAMPercentage=75             JVM: a share of the memory limit; its default without a flag, 25, is no hint
    JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, _JAVA_OPTIONS, JAVA_OPTS    flags of a JVM
    GOMEMLIMIT=1750MiB                  Go: the soft limit
    --max-old-space-size=1536, NODE_OPTIONS    node: the old generation, in MiB

Of several the greatest counts: memory is not cut below it. A flag that does not parse is no flag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

MIB: Final = 2**20
_JAVA_VARIABLES: Final = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS")
_HEAP: Final = re.compile(r"(?:-Xmx|-XX:MaxHeapSize=)(\d+)([kKmMgGtT]?)")
_SHARE: Final = re.compile(r"-XX:MaxRAMPercentage=(\d+(?:\.\d+)?)")
_NODE: Final = re.compile(r"--max[-_]old[-_]space[-_]size=(\d+)")
_GO: Final = re.compile(r"(\d+)(B|[KMGT]iB)?")
_JAVA_UNITS: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_GO_UNITS: Final = {None: 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def heap_bytes(
    arguments: Sequence[str], environment: Mapping[str, str], memory_limit: float | None = None
) -> float | None:
    """The greatest heap that the flags of a container allow, None where they say nothing.

    `arguments` are the words of its command and args; those of a shell (`sh -c "java -Xmx2g …"`) are split again.
    `memory_limit` in bytes is what shares are taken of; without one they say nothing.
    """
    words = [word for argument in arguments for word in argument.split()]
    words += [word for name in _JAVA_VARIABLES for word in environment.get(name, "").split()]
    found = [*_java(words, memory_limit), *_go(environment.get("GOMEMLIMIT", ""))]
    found += _node([*words, *environment.get("NODE_OPTIONS", "").split()])
    return max(found, default=None)


def _java(words: Sequence[str], memory_limit: float | None) -> Iterator[float]:
    for word in words:
        if heap := _HEAP.fullmatch(word):
            yield float(int(heap[1]) * _JAVA_UNITS[heap[2].lower()])
        elif memory_limit is not None and (share := _SHARE.fullmatch(word)):
            yield min(float(share[1]), 100.0) / 100.0 * memory_limit


def _go(value: str) -> Iterator[float]:
    if limit := _GO.fullmatch(value.strip()):
        yield float(int(limit[1]) * _GO_UNITS[limit[2]])


def _node(words: Sequence[str]) -> Iterator[float]:
    """Also where the size is a word of its own."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        size = _NODE.fullmatch(word) or _NODE.fullmatch(f"{word}={following}")
        if size:
            yield float(int(size[1]) * MIB)
