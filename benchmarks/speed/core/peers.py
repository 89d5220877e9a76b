"""Peers in the same run: river's HoltWinters for one container, and the Kubernetes VPA recommender's core, in Go.

Neither has a broker, and neither is durable: both are what the fold is beside them, work in memory.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from river.time_series import HoltWinters

from benchmarks.speed.core.timing import timed

VPA: Final = Path(__file__).parents[1] / "vpa"
UPDATES: Final = 20_000


def river() -> float:
    """Nanoseconds of `learn_one` of one container and one resource, a daily season of half hours."""
    model = HoltWinters(alpha=0.3, beta=0.1, gamma=0.5, seasonality=48)

    def learn() -> None:
        for step in range(UPDATES):
            model.learn_one(1.0 + 0.1 * (step % 48))

    return timed(learn)[0] / UPDATES


def vpa(containers: tuple[int, ...]) -> list[dict[str, Any]] | str:
    """What `benchmarks/speed/vpa` prints for each number of containers, or why it was not run.

    The first build takes minutes: it fetches and compiles a part of Kubernetes; Go caches it.
    """
    if shutil.which("go") is None:
        return "skipped: there is no `go` on the PATH"
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "vpa"
        try:
            subprocess.run(["go", "build", "-o", program, "."], cwd=VPA, check=True, capture_output=True, text=True)
            run = [str(program), "-containers", ",".join(map(str, containers))]
            lines = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
        except subprocess.CalledProcessError as error:
            return f"skipped: {str(error.stderr).strip()[-500:]}"
    return [json.loads(line) for line in lines]
