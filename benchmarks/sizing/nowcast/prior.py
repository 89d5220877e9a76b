"""Writes a network as one of the engine's modules."""

from __future__ import annotations

from base64 import b85encode
from pathlib import Path
from textwrap import wrap
from typing import Final

import numpy as np

from engine.core.nowcast.network import Weights
from engine.core.nowcast.prior import module_of

_WIDTH: Final = 112
_HEAD: Final = '''"""A network of the nowcast: {what}; see `prior`.

Trained on the public traces' series whose crc32 of the name is even, without their last three days; written by
`python -m benchmarks.sizing.nowcast --write engine/core/nowcast`.
"""

from typing import Final

UNITS: Final = {units}
WEIGHTS: Final = (
{lines}
)
'''


def rounded(weights: Weights) -> Weights:
    """As they are stored: float16."""
    return Weights(*(array.astype(np.float16).astype(np.float32) for array in weights))


def write(weights: Weights, folder: Path, resource: int, cadence_s: float) -> None:
    content = b"".join(array.astype("<f2").tobytes() for array in weights)
    lines = "\n".join(f'    "{line}"' for line in wrap(b85encode(content).decode(), _WIDTH))
    module = module_of(cadence_s, resource)
    text = _HEAD.format(what=module.replace("_", ", "), units=weights.first.shape[1], lines=lines)
    (folder / f"{module}.py").write_text(text)
