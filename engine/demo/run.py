"""`trimtab demo` from start to end: a Kafka, the programs, the replay, the results."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from engine.broker.clusters import declare_cluster
from engine.demo.interrupts import interrupts_end_in_order
from engine.demo.kafka import kafka
from engine.demo.person import Person
from engine.demo.plan import Plan
from engine.demo.play import PILOTED, Play
from engine.demo.processes import Children
from engine.demo.programs import Programs
from engine.demo.recorded import read_back
from engine.demo.results import Left, evaluate, left_on_disk, write
from engine.demo.screen import Screen
from engine.demo.settings import DemoSettings
from engine.demo.source import Source
from engine.demo.summary import Summary
from engine.demo.watching import Watch
from engine.demo.words import count
from engine.errors import UserError
from engine.shell.context import shipped_context

OLD_RESULTS: Final = ("summary.json", "decisions.jsonl", "report.html", "logs")


def run(settings: DemoSettings, console: Console) -> Summary:
    """Runs the demo, writes its results. Raises UserError, ChildError, StuckError; KeyboardInterrupt when stopped."""
    started = time.monotonic()
    source = Source.of(settings)
    plan = source.plan()
    make_room(settings.out)
    console.print(f"{source.derived} {source.assumed}".strip(), highlight=False)
    with interrupts_end_in_order():
        left = _play(settings, source, plan, console, started)
        console.print("folding the recorded log once more, offline: the audit", highlight=False)
        material = evaluate(left, source, plan, PILOTED, shipped_context(), started)
        write(material, left.recorded.published, settings.out)
    return material.summary


def _play(settings: DemoSettings, source: Source, plan: Plan, console: Console, started: float) -> Left:
    with TemporaryDirectory(prefix="trimtab-demo-") as scratch, kafka(settings.broker, console) as (broker, name):
        cluster = declare_cluster(broker, name, source.containers, "replay", sent_s=plan.start_s, author="demo")
        programs = Programs.choose(settings, broker, name, Path(scratch))
        with Screen(console) as screen, Children(settings.out / "logs") as children:
            slots = count(cluster.slots, "slot")
            screen.say(f"cluster {name}: {source.containers} containers in {slots}, {plan.days:.1f} days of event time")
            person = Person(broker, cluster, PILOTED)
            play = Play(programs, plan, cluster, children, screen, Watch(programs, plan, started), person)
            try:
                play.run(source)
            finally:
                person.close()
        recorded = asyncio.run(read_back(broker, name))
        return left_on_disk(programs, recorded, pilot_s=plan.end_s if play.pilot_s is None else play.pilot_s)


def make_room(out: Path) -> None:
    """Takes the results of an earlier run away, so that what is there afterwards is this run's; makes the folder."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in OLD_RESULTS:
            old = out / name
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"the folder {out} cannot be written: {error.strerror}") from error
