"""A real Prometheus for one test: with a past that is written into its blocks, and a target that it scrapes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from tests import tools

START_S: Final = 60.0
Line = tuple[str, Mapping[str, str], Sequence[tuple[float, float]]]
"""Name, labels, and pairs of Unix seconds and value."""


def openmetrics(lines: Iterable[Line]) -> str:
    """Text that promtool makes blocks of."""
    found = []
    for name, labels, pairs in sorted(lines, key=lambda line: line[0]):
        inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
        found += [f"{name}{{{inside}}} {value!r} {time_s!r}" for time_s, value in pairs]
    return "\n".join([*found, "# EOF", ""])


class PrometheusServer:
    """Use as a context. `past`: what it holds already; `target` (host:port): what it scrapes each second."""

    def __init__(self, folder: Path, past: Iterable[Line] = (), target: str = "", *flags: str) -> None:
        self._folder, self._flags = folder, flags
        folder.mkdir(parents=True, exist_ok=True)
        scraped = [{"job_name": "kubelet", "static_configs": [{"targets": [target]}]}] if target else []
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": scraped}
        (folder / "prometheus.yml").write_text(json.dumps(config))
        for day in _by_day(past):  # promtool reads a file once for each two hours in it
            (folder / "past.txt").write_text(openmetrics(day))
            _run(tools.promtool(), "tsdb", "create-blocks-from", "openmetrics", "past.txt", "data", folder=folder)

    def __enter__(self) -> PrometheusServer:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{self._address}"
        self.start()
        return self

    def start(self) -> None:
        """Also after `kill`, at the same address."""
        arguments = [
            "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=20y",
            f"--web.listen-address={self._address}", "--web.console.templates=.", "--web.console.libraries=.",
        ]  # fmt: skip
        with (self._folder / "prometheus.log").open("ab") as log:
            self._process = subprocess.Popen(
                [tools.prometheus(), *arguments, *self._flags], cwd=self._folder, stdout=log, stderr=log
            )
        self._await_ready()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        self.kill()
        raise AssertionError((self._folder / "prometheus.log").read_text()[-2000:])


def _by_day(lines: Iterable[Line]) -> Iterator[list[Line]]:
    days: dict[int, list[Line]] = {}
    for name, labels, pairs in lines:
        own: dict[int, list[tuple[float, float]]] = {}
        for time_s, value in pairs:
            own.setdefault(int(time_s // 86_400), []).append((time_s, value))
        for day, found in own.items():
            days.setdefault(day, []).append((name, labels, found))
    yield from days.values()


def _run(*command: str | os.PathLike[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout[-500:]
