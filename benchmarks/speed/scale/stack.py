"""The real thing on one machine: broker, engine workers and load, each a process, watched from outside."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil
from confluent_kafka import Producer

from benchmarks.speed.scale.fleet import Slot
from benchmarks.speed.scale.warm import Warm
from engine.broker import admin
from engine.broker.development import DevelopmentBroker
from engine.broker.ports import free_port
from engine.broker.processes import spawn
from engine.errors import TrimtabError
from engine.shell.settings import CHANGELOG, LARGEST_ROW
from engine.topics import load_topics

PARTITIONS: Final = 12
READY_S: Final = 300.0


class StackError(TrimtabError):
    """A part of the benchmark ended, or did not become ready."""


@dataclass(slots=True)
class Worker:
    """An engine process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    name: str

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def metrics(self) -> dict[str, float]:
        """Sums over labels by name; also `samples:<result>`, and the greatest of the labels as `<name>:max`."""
        found: dict[str, float] = {}
        for line in self.page("/metrics").splitlines():
            if line.startswith("trimtab_engine_"):
                key, _, text = line.removeprefix("trimtab_engine_").rpartition(" ")
                name, value = key.partition("{")[0], float(text)
                found[name] = found.get(name, 0.0) + value
                found[f"{name}:max"] = max(found.get(f"{name}:max", value), value)
                if name == "samples":
                    found[f"samples:{key.split(chr(34))[1]}"] = value
        return found

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise StackError(f"the engine ended, see {self.log}: {self.log.read_text()[-600:]}")
        try:
            self.page("/ready")
        except OSError:
            return False
        return True


class Bulk:
    """Writes as fast as the broker takes it; all is there when the context is left."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap, "message.max.bytes": LARGEST_ROW, "linger.ms": 5,
                "queue.buffering.max.kbytes": 131_072, "batch.size": 2**20,
            }
        )

    def __enter__(self) -> Self:
        return self

    def put(self, topic: str, value: bytes, slot: Slot) -> None:
        while True:
            try:
                self._producer.produce(topic, value, slot.key.encode(), slot.partition)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer.flush(600):
            raise StackError("the broker did not take all records")


@dataclass
class Stack:
    """`folder`: of data and logs, a temporary one that goes when not given."""

    folder: Path | None = None
    heap_mb: int = 1024
    engine_flags: list[str] = field(default_factory=list)
    _workers: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.home = self.folder or Path(tempfile.mkdtemp(prefix="trimtab-bench-"))
        self.home.mkdir(parents=True, exist_ok=True)
        self.broker = DevelopmentBroker(self.home / "kafka", heap_mb=self.heap_mb).start()
        admin.apply(admin.connect(self.broker.bootstrap), load_topics())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.wait()
        self.broker.close()
        if self.folder is None:
            shutil.rmtree(self.home, ignore_errors=True)

    def seed(self, warm: Warm, fleet: dict[str, list[Slot]]) -> int:
        """Topics of the clusters, and rows of state as if their slots had run for days. Returns bytes."""
        client = admin.connect(self.broker.bootstrap)
        topics = load_topics()
        for cluster in fleet:
            admin.apply_for_cluster(client, topics, cluster)
        size = 0
        with Bulk(self.broker.bootstrap) as bulk:
            for slot in (slot for slots in fleet.values() for slot in slots):
                row = warm.row(slot)
                size += len(row)
                bulk.put(CHANGELOG, row, slot)
        return size

    def engine(self, name: str = "engine", *flags: str) -> Worker:
        """Starts a worker; it is not ready yet."""
        port, log = free_port(), self.home / f"{name}.log"
        command = [sys.executable, "-m", "engine.cli.main", "engine", "--broker", self.broker.bootstrap]
        command += ["--http-port", str(port), "--data-dir", str(self.home / name), "--log-format", "json"]
        worker = Worker(spawn([*command, *self.engine_flags, *flags], log), port, log, name)
        self._workers.append(worker)
        return worker

    def program(self, name: str, module: str, *flags: str) -> subprocess.Popen[bytes]:
        """Starts `python -m module`."""
        return spawn([sys.executable, "-m", module, *flags], self.home / f"{name}.log")


def wait_until(holds: Callable[[], bool], what: str, timeout_s: float = READY_S, step_s: float = 0.1) -> float:
    """Seconds that it took. Raises StackError when it takes too long."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > timeout_s:
            raise StackError(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(step_s)
    return time.monotonic() - began


@dataclass(slots=True)
class Usage:
    """CPU seconds and resident bytes of a process."""

    cpu_s: float
    rss_bytes: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return cls(times.user + times.system, process.memory_info().rss)
