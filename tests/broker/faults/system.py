"""The whole of trimtab on one broker: engines, and a collector and an executor for each of two clusters."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson
from msgspec.structs import replace

from engine.broker import admin
from engine.broker.clusters import declare_cluster
from engine.broker.controls import send_control
from engine.broker.development import DevelopmentBroker
from engine.broker.ports import free_port
from engine.codec import decode_event
from engine.messages import Autopilot, Outcome
from engine.shell.exits import FATAL, ZOMBIE
from engine.shell.settings import APP_ID, EVENTS
from engine.topics import Topics, load_topics
from tests.broker.faults.clusters import Cluster
from tests.broker.faults.pacer import Pacer
from tests.broker.faults.processes import Program, wait_until
from tests.broker.faults.recorded import committed, end_offsets, read_all
from tests.broker.faults.truth import commands_of
from tests.broker.faults.workload import write_demand

PARTITIONS: Final = 4
CLUSTERS: Final = ("north", "south")
DECLARED: Final = 600
"""Containers that each cluster is declared with: four slots, so that both clusters have a slot in each partition."""
CONTAINERS: Final = 60
HOURS: Final = 2.0
SPEED: Final = 400.0
"""Seconds of event time a second: two hours in 18 s."""
SESSION_S: Final = 6.0
QUIET_S: Final = 120.0
RESTARTED: Final = (FATAL, ZOMBIE)
"""Exit codes of an engine that a supervisor answers with a restart."""


class System:
    """Makes topics, clusters and programs in `folder`; nothing runs before it is started."""

    def __init__(self, broker: DevelopmentBroker, folder: Path, seed: int) -> None:
        self.broker = broker
        self.folder = folder
        self.programs: list[Program] = []
        self.supervised: list[Program] = []
        folder.mkdir(exist_ok=True)
        admin.apply(admin.connect(broker.bootstrap), _few_partitions(load_topics()))
        self._ports: dict[Program, int] = {}
        self.pacer = Pacer(lambda: [self.progress(engine) for engine in list(self._ports) if engine.running])
        with ThreadPoolExecutor() as pool:  # declaring takes seconds of waiting
            self.clusters = list(pool.map(self._cluster, CLUSTERS, count(seed)))

    def _cluster(self, name: str, seed: int) -> Cluster:
        declared = declare_cluster(self.broker.bootstrap, name, DECLARED, "replay", sent_s=0.0)
        send_control(self.broker.bootstrap, declared, Autopilot(stage="full"), sent_s=0.0)
        paths = {kind: self.folder / f"{name}-{kind}" for kind in ("demand.csv", "cluster.db", "spool", "ledger.db")}
        demand, simulated, spool, ledger = paths.values()
        samples = write_demand(demand, seed, CONTAINERS, HOURS)
        common = ["--broker", self.broker.bootstrap, "--cluster", name, "--simulated", str(simulated)]
        pace = ["--scale", "none", "--speed", str(SPEED), "--pace-url", self.pacer.url]
        collector = ["collect", "replay", *common, "--trace", str(demand), "--spool-dir", str(spool), *pace]
        executor = ["execute", *common, "--clock", "replay", "--ledger", str(ledger)]
        return Cluster(
            name, samples, demand, simulated, spool / f"{name}.sqlite", ledger,
            self._program(f"collector-{name}", collector), self._program(f"executor-{name}", executor),
        )  # fmt: skip

    def _program(self, name: str, arguments: list[str]) -> Program:
        program = Program(name, arguments, self.folder)
        self.programs.append(program)
        return program

    def engine(self, name: str) -> Program:
        """An engine with a data folder and a port of its own, not started."""
        port = free_port()
        settings = {
            "broker": self.broker.bootstrap,
            "http-port": port,
            "data-dir": self.folder / name,
            "checkpoint-interval": 0.5,
            "session-timeout": SESSION_S,
            "heartbeat-interval": 1.0,
            "rebalance-timeout": 10.0,
        }
        flags = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        program = self._program(name, ["engine", *flags])
        self._ports[program] = port
        return program

    def start_agents(self) -> None:
        for cluster in self.clusters:
            cluster.collector.start()
            cluster.executor.start()

    def progress(self, engine: Program) -> dict[str, Any]:
        """Cluster to its page /progress; empty while the engine does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[engine]}/progress", timeout=0.5) as answer:
                clusters: dict[str, Any] = orjson.loads(answer.read())["clusters"]
                return clusters
        except (urllib.error.URLError, OSError):
            return {}

    def end(self) -> None:
        for program in self.programs:
            program.end()
        self.pacer.close()

    def outcomes(self) -> dict[str, list[Outcome]]:
        """Command id to its outcomes in the log."""
        found: dict[str, list[Outcome]] = {}
        for record in read_all(self.broker.bootstrap, EVENTS):
            if record.value and b'"kind":"outcome"' in record.value[:40]:
                event = decode_event(record.value)
                assert isinstance(event, Outcome)
                found.setdefault(event.command_id, []).append(event)
        return found

    def commanded(self) -> set[str]:
        """Ids of all commands published."""
        topics = [f"commands.{cluster.name}" for cluster in self.clusters]
        return {id_ for topic in topics for id_, _ in commands_of(read_all(self.broker.bootstrap, topic))}

    def wait_for_quiet(self) -> None:
        """Returns when the demand has been replayed, all of the log is folded and each command has its outcome."""
        wait_until("the end of the replays", self._have_ended, QUIET_S)
        for collector in (cluster.collector for cluster in self.clusters):
            code = collector.wait()
            assert code == 0, f"{collector.name} ended with {code}\n{collector.tail()}"
        wait_until("a quiet system", self._is_quiet, QUIET_S, poll_s=0.5)

    def _have_ended(self) -> bool:
        self.tend()
        return not any(cluster.collector.running for cluster in self.clusters)

    def tend(self) -> None:
        """What a supervisor does: starts engines again that ended themselves because they were in doubt."""
        for engine in self.supervised:
            if not engine.running:
                code = engine.wait()
                assert code in RESTARTED, f"{engine.name} ended with {code}\n{engine.tail()}"
                engine.start()

    def _is_quiet(self) -> bool:
        """All folded and answered, and still so a moment later."""
        self.tend()
        ends = self.folded()
        if ends is None or self.commanded() - self.outcomes().keys():
            return False
        time.sleep(1.0)
        return self.folded() == ends

    def folded(self) -> dict[int, int] | None:
        """End offsets of `events` when all of it is committed."""
        ends = end_offsets(self.broker.bootstrap, EVENTS)
        done = committed(self.broker.bootstrap, APP_ID, EVENTS)
        return ends if all(done.get(partition, 0) == end for partition, end in ends.items()) else None


def _few_partitions(topics: Topics) -> Topics:
    """Each partition with slots of both clusters."""
    changed = {
        label: replace(topic, partitions=PARTITIONS) if topic.partition_by else topic
        for label, topic in topics.by_label.items()
    }
    return Topics(changed)
