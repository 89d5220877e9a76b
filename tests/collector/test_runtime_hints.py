"""Heap flags of a container, in bytes."""

from __future__ import annotations

import pytest

from agents.runtime_hints import heap_bytes

MIB = 2.0**20
GIB = 2.0**30


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["java", "-Xmx2g", "-jar", "app.jar"], {}, 2 * GIB),
        (["java", "-Xmx1536M"], {}, 1536 * MIB),
        (["java", "-Xmx1073741824"], {}, GIB),
        (["java", "-XX:MaxHeapSize=3g"], {}, 3 * GIB),
        (["sh", "-c", "exec java -Xms1g -Xmx2g -jar app.jar"], {}, 2 * GIB),
        (["java"], {"JAVA_TOOL_OPTIONS": "-XX:+UseG1GC -Xmx700m"}, 700 * MIB),
        (["java", "-Xmx512m"], {"JAVA_OPTS": "-Xmx1g"}, GIB),
        (["java", "-XX:MaxRAMPercentage=75.0"], {}, 3 * GIB),
        (["java", "-XX:MaxRAMPercentage=75", "-Xmx1g"], {}, 3 * GIB),
        (["server"], {"GOMEMLIMIT": "1750MiB"}, 1750 * MIB),
        (["server"], {"GOMEMLIMIT": "2GiB"}, 2 * GIB),
        (["server"], {"GOMEMLIMIT": "1000000"}, 1e6),
        (["node", "--max-old-space-size=1536", "main.js"], {}, 1536 * MIB),
        (["node", "--max_old_space_size", "400", "main.js"], {}, 400 * MIB),
        (["node", "main.js"], {"NODE_OPTIONS": "--max-old-space-size=800"}, 800 * MIB),
    ],
)
def test_flags(arguments: list[str], environment: dict[str, str], expected: float) -> None:
    assert heap_bytes(arguments, environment, memory_limit=4 * GIB) == expected


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["python", "app.py"], {"PATH": "/bin"}),
        (["java", "-jar", "app.jar"], {}),
        (["java", "-Xmx", "2g"], {}),
        (["java", "-Xmx2x"], {}),
        (["java", "-Xms2g", "-Xss1m"], {}),
        (["server"], {"GOMEMLIMIT": "off"}),
        (["server"], {"GOMEMLIMIT": "1.5GiB"}),
        (["server"], {"GOMEMLIMIT": ""}),
        (["node", "--max-old-space-size"], {}),
        ([], {}),
    ],
)
def test_no_flags(arguments: list[str], environment: dict[str, str]) -> None:
    assert heap_bytes(arguments, environment, memory_limit=4 * GIB) is None


def test_a_share_of_no_limit_is_unknown() -> None:
    assert heap_bytes(["java", "-XX:MaxRAMPercentage=75"], {}) is None
