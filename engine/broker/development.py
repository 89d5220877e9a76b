"""A real Apache Kafka for development, demo and tests: KRaft mode, broker and controller in one JVM, no Docker."""

from __future__ import annotations

import base64
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from engine.broker import distribution
from engine.broker.lifetime import OnData
from engine.broker.ports import free_port, is_free
from engine.broker.processes import spawn, terminate
from engine.broker.readiness import answers
from engine.errors import UserError

_START_S: Final = 60.0
_STOP_S: Final = 20.0
_ATTEMPTS: Final = 3


def silent(_: str) -> None:
    """Progress that nobody watches."""


class DevelopmentBroker(OnData):
    """One broker on 127.0.0.1; it can be stopped, killed and started again on its data and port.

    `data`: folder of logs and settings; a temporary one, removed by `close`, when not given. `port`: 0 takes a free
    one. `progress` is told what happens. Every method that starts something raises UserError when it cannot.
    """

    def __init__(
        self, data: Path | None = None, port: int = 0, heap_mb: int = 512, progress: Callable[[str], None] = silent
    ) -> None:
        super().__init__(data, "trimtab-kafka-")
        self._chosen_port = port
        self.port = port
        self._heap_mb = heap_mb
        self._progress = progress
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker was not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """What the broker itself says: warnings and errors."""
        return self.data / "broker.log"

    def start(self) -> Self:
        """Starts it and waits until it answers."""
        assert not self.running, "the broker runs already"
        if self._chosen_port and not is_free(self._chosen_port):
            raise UserError(f"port {self._chosen_port} is taken: choose another, or 0 for a free one")
        self.data.mkdir(parents=True, exist_ok=True)
        self._launch(distribution.java())
        return self

    def stop(self) -> None:
        """SIGTERM and wait. The data stay; `start` continues on them."""
        if self._process is not None:
            terminate(self._process, _STOP_S)

    def kill(self) -> None:
        """SIGKILL and wait."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> Self:
        """Stops it if it runs, and starts it on the same data and port."""
        self.stop()
        return self.start()

    def wait(self) -> int:
        """Waits until the process ends; returns its exit status."""
        assert self._process is not None, "the broker was not started"
        return self._process.wait()

    def _launch(self, java: str) -> None:
        if not distribution.jars_present():
            self._progress(f"fetching Apache Kafka {distribution.KAFKA_VERSION} (43 MB, once)")
        jars = f"{distribution.kafka_jars()}/*"
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = self._chosen_port or free_port()
            server, log4j = distribution.write_properties(self.data, self.port, free_port())
            self._format([java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jars], log4j, server)
            self._progress(f"starting Apache Kafka on {self.bootstrap}")
            arguments = [java, f"-Xmx{self._heap_mb}m", "-cp", jars, f"-Dlog4j2.configurationFile={log4j}"]
            self._process = spawn([*arguments, "kafka.Kafka", str(server)], self.log)
            try:
                self._wait_until_ready()
            except UserError:
                self.kill()
                if attempt == _ATTEMPTS or not self._lost_a_port():
                    raise
            else:
                break
        self._chosen_port = self.port  # from now on clients know it

    def _lost_a_port(self) -> bool:
        """Somebody else took one of the ports between our choice and the broker's start."""
        return "Address already in use" in self.log.read_text(errors="replace")[-20_000:]

    def _format(self, tool: list[str], log4j: Path, server: Path) -> None:
        if (self.data / "log" / "meta.properties").exists():
            return
        self._progress(f"formatting {self.data}")
        command = [*tool, f"-Dlog4j2.configurationFile={log4j}", "kafka.tools.StorageTool", "format", "-c", str(server)]
        done = subprocess.run([*command, "-t", _cluster_id()], capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"Kafka could not format {self.data}: {(done.stderr or done.stdout).strip()[-500:]}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if not self.running:
                raise UserError(f"the development broker ended at its start: {self._last_words()}")
            if answers(self.bootstrap):
                return
            time.sleep(0.1)
        raise UserError(f"the development broker did not answer within {_START_S:.0f} s, see {self.log}")

    def _last_words(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        fatal = [line for line in lines if "Exception" in line or "ERROR" in line or "FATAL" in line]
        return (fatal or lines or ["it said nothing"])[-1][:300]


def _cluster_id() -> str:
    """As Kafka's own `Uuid.randomUuid`: one that begins with a dash would be taken for an option."""
    identity = "-"
    while identity.startswith("-"):
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return identity
