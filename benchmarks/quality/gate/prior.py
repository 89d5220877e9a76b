"""Writes a network as the module that the engine ships."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.quality.gate.network import Network
from engine.core.forecast.state import EXPERTS
from engine.core.rows import Array

_HEAD: Final = '''"""The gate's weights, by `gate`'s names.

Trained on the public traces' series whose crc32 of the name is even; written by
`python -m benchmarks.quality.gate --write`. The experts are in the order of `state.EXPERTS`.
"""

from typing import Final

import numpy as np

'''


def write(network: Network, path: Path) -> None:
    embedding = "".join(f"        {_row(network.embedding[place])},  # {name}\n" for place, name in enumerate(EXPERTS))
    expert = "".join(f"        {value:.3f},  # {name}\n" for value, name in zip(network.expert, EXPERTS, strict=True))
    path.write_text(
        _HEAD
        + _table("FEATURE", network.feature)
        + _table("CONTEXT", network.context)
        + f"EMBEDDING: Final = np.array(\n    (\n{embedding}    ),\n    np.float32,\n)\n"
        + f"EXPERT: Final = np.array(\n    (\n{expert}    ),\n    np.float32,\n)\n"
        + f"OUT: Final = np.array({_row(network.out)}, np.float32)\n"
        + f"RECORD: Final = np.float32({network.record[0]:.3f})\n"
    )


def _table(name: str, table: Array) -> str:
    rows = "".join(f"        {_row(row)},\n" for row in table)
    return f"{name}: Final = np.array(\n    (\n{rows}    ),\n    np.float32,\n)\n"


def _row(values: Array) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in values) + ")"
