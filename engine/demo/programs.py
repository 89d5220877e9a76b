"""The three programs as the demo starts them: ports, files and arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.broker.ports import free_port
from engine.demo.plan import Plan
from engine.demo.settings import DemoSettings
from engine.demo.source import Source

CHECKPOINT_S: Final = 1.0
PACE_LAG_S: Final = 300.0
"""In the paced part: the scrape before is folded before the next one is taken."""
PACE_LAG_FAST_S: Final = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Programs:
    """Where each answers, and what they share. `scratch` is a folder of this run alone."""

    settings: DemoSettings
    broker: str
    cluster: str
    scratch: Path
    engine_port: int
    executor_port: int
    collector_port: int

    @classmethod
    def choose(cls, settings: DemoSettings, broker: str, cluster: str, scratch: Path) -> Programs:
        ports = settings.http_port or free_port(), free_port(), free_port()
        return cls(settings, broker, cluster, scratch, *ports)

    @property
    def simulated(self) -> Path:
        return self.scratch / "simulated.sqlite"

    @property
    def ledger(self) -> Path:
        return self.scratch / "ledger.sqlite"

    @property
    def spool(self) -> Path:
        return self.scratch / "spool" / f"{self.cluster}.sqlite"

    def engine(self) -> list[str]:
        state = ["--checkpoint-interval", str(CHECKPOINT_S), "--data-dir", str(self.scratch / "engine")]
        return ["engine", *self._common(self.engine_port), *state]

    def executor(self) -> list[str]:
        target = ["--simulated", str(self.simulated), "--ledger", str(self.ledger), "--clock", "replay"]
        return ["execute", *self._common(self.executor_port), "--cluster", self.cluster, *target]

    def collector(self, source: Source, plan: Plan) -> list[str]:
        pace = {
            "speed": plan.speed,
            "fast-until": plan.paced_s - plan.start_s,
            "pace-url": f"http://{self.settings.http_host}:{self.engine_port}/progress",
            "pace-lag": PACE_LAG_S,
            "pace-lag-fast": PACE_LAG_FAST_S,
            "simulated": self.simulated,
            "spool-dir": self.spool.parent,
        }
        flags = [word for name, value in pace.items() for word in (f"--{name}", str(value))]
        start = ["collect", "replay", *self._common(self.collector_port), "--cluster", self.cluster]
        return [*start, *source.flags(), *flags]

    def _common(self, port: int) -> list[str]:
        s = self.settings
        logs = ["--log-level", s.log_level, "--log-format", "json"]
        return ["--broker", self.broker, "--http-host", s.http_host, "--http-port", str(port), *logs]
