"""Live progress: a panel that is redrawn on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from engine.demo.words import milliseconds, ratio, usd

LINE_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known while it runs. Days are event time since the replay's start; None is "not yet"."""

    phase: str
    day: float
    days: float
    elapsed_s: float
    samples: int = 0
    samples_per_s: float = 0.0
    containers: int = 0
    wape_2h: float | None = None
    wape_4h: float | None = None
    decisions: Mapping[str, int] = field(default_factory=dict)
    realised_usd: float | None = None
    recommended_usd: float | None = None
    applied: int = 0
    refused: int = 0
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None


class Screen:
    """Shows progress and announcements. Leave the context before anything else is printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._next_line = 0.0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, note: str) -> None:
        """An announcement: stays on the screen."""
        self._console.print(note, highlight=False)

    def show(self, progress: Progress) -> None:
        if self._live:
            self._live.update(panel(progress))
        elif time.monotonic() >= self._next_line:
            self._console.print(line(progress), highlight=False, soft_wrap=True)
            self._next_line = time.monotonic() + LINE_EVERY_S


def panel(p: Progress) -> RenderableType:
    """The picture on a terminal."""
    head = Table.grid(expand=True, padding=(0, 2))
    head.add_column(no_wrap=True)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    bar = ProgressBar(total=p.days, completed=p.day, complete_style="cyan", finished_style="cyan")
    head.add_row(f"day {p.day:.1f} of {p.days:.1f}", bar, f"{p.elapsed_s:.0f} s")
    body = Table.grid(padding=(0, 3))
    for _ in range(4):
        body.add_column(no_wrap=True)
    for row in _cells(p):
        body.add_row(*(Text.assemble((f"{name} ", "dim"), (value, "bold")) for name, value in row))
    kinds = "  ".join(f"{action.replace('_', ' ')} {count:,}" for action, count in sorted(p.decisions.items()))
    decisions = Text.assemble(("decisions ", "dim"), kinds or "none yet")
    content = Group(head, Text(), body, decisions)
    return Panel(content, title=f"trimtab: {p.phase}", title_align="left", border_style="cyan")


def _cells(p: Progress) -> list[list[tuple[str, str]]]:
    return [
        [
            ("samples", f"{p.samples:,}"),
            ("a second", f"{p.samples_per_s:,.0f}"),
            ("containers", f"{p.containers:,}"),
            ("monthly saving", f"{usd(p.realised_usd)} done, {usd(p.recommended_usd)} advised"),
        ],
        [
            ("WAPE 2 h", ratio(p.wape_2h)),
            ("WAPE 4 h", ratio(p.wape_4h)),
            ("commands", f"{p.applied:,} applied, {p.refused:,} refused"),
            ("metric to command", f"{milliseconds(p.latency_p50_ms)} / {milliseconds(p.latency_p99_ms)} (p50/p99)"),
        ],
    ]


def line(p: Progress) -> str:
    """The same in one line, for logs."""
    kinds = ", ".join(f"{action} {count}" for action, count in sorted(p.decisions.items())) or "none yet"
    return (
        f"{p.elapsed_s:4.0f} s  {p.phase}: day {p.day:.1f} of {p.days:.1f}, {p.samples:,} samples "
        f"({p.samples_per_s:,.0f}/s), {p.containers} containers, "
        f"WAPE {ratio(p.wape_2h)} at 2 h and {ratio(p.wape_4h)} at 4 h, decisions: {kinds}, "
        f"commands: {p.applied} applied and {p.refused} refused, monthly saving {usd(p.realised_usd)} done and "
        f"{usd(p.recommended_usd)} advised, "
        f"latency {milliseconds(p.latency_p50_ms)} p50 and {milliseconds(p.latency_p99_ms)} p99"
    )
