"""Progress from what the three programs say of themselves."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from engine.demo.plan import Plan
from engine.demo.programs import Programs
from engine.demo.scrape import Metrics, scrape, watermarks
from engine.demo.screen import Progress


@dataclass(slots=True)
class Watch:
    """Asks the engine and the executor, keeps the pace of the last seconds. `started`: monotonic seconds."""

    programs: Programs
    plan: Plan
    started: float
    watermark_s: float = -1.0
    settled: tuple[float, ...] = ()
    """Numbers that stand still when there is nothing left to do."""
    _recent: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=10))

    def look(self, phase: str) -> Progress:
        """One round of questions."""
        self.watermark_s = watermarks(self.programs.engine_port).get(self.programs.cluster, self.watermark_s)
        engine, executor = scrape(self.programs.engine_port), scrape(self.programs.executor_port)
        samples = engine.total("trimtab_engine_samples", result="received")
        self.settled = self._standing(engine, executor)
        return Progress(
            phase=phase,
            day=self.plan.day_of(self.watermark_s),
            days=self.plan.days,
            elapsed_s=time.monotonic() - self.started,
            samples=int(samples),
            samples_per_s=self._pace(samples),
            containers=int(engine.total("trimtab_engine_containers", cluster=self.programs.cluster)),
            wape_2h=engine.value("trimtab_engine_wape_ratio", resource="cpu", lead="2h"),
            wape_4h=engine.value("trimtab_engine_wape_ratio", resource="cpu", lead="4h"),
            decisions={k: int(v) for k, v in engine.by("trimtab_engine_decisions_total", "action").items()},
            realised_usd=engine.value("trimtab_engine_monthly_saving_usd", cluster=self.programs.cluster),
            recommended_usd=engine.value("trimtab_engine_recommended_saving_usd", cluster=self.programs.cluster),
            applied=int(executor.total("trimtab_executor_commands_total", result="applied")),
            refused=int(executor.total("trimtab_executor_commands_total", result="refused")),
            latency_p50_ms=_milliseconds(executor.quantile("trimtab_executor_latency_seconds", 0.5)),
            latency_p99_ms=_milliseconds(executor.quantile("trimtab_executor_latency_seconds", 0.99)),
        )

    def is_idle(self) -> bool:
        """Everything the engine commanded was handled, and nothing waits anywhere."""
        _, _, commanded, handled, waiting = self.settled
        return commanded == handled and waiting == 0

    def _standing(self, engine: Metrics, executor: Metrics) -> tuple[float, ...]:
        waiting = (
            engine.total("trimtab_engine_queue_length")
            + engine.total("trimtab_engine_outbox_length")
            + executor.total("trimtab_executor_waiting_messages")
        )
        return (
            self.watermark_s,
            engine.total("trimtab_engine_events_total"),
            engine.total("trimtab_engine_commands_total"),
            executor.total("trimtab_executor_commands_total"),
            waiting,
        )

    def _pace(self, samples: float) -> float:
        """Samples a second over the last few looks."""
        now = time.monotonic()
        self._recent.append((now, samples))
        then, before = self._recent[0]
        return (samples - before) / (now - then) if now > then else 0.0


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
