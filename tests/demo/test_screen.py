"""Live progress."""

from __future__ import annotations

import io

from rich.console import Console

from engine.demo.screen import Progress, Screen, line, panel

SOME = Progress(
    phase="replay", day=8.25, days=14, elapsed_s=61, samples=712_800, samples_per_s=12_345, containers=300,
    wape_2h=0.121, wape_4h=0.153, decisions={"resize_down": 210, "hold": 90}, realised_usd=-1234.5,
    applied=100, refused=2, latency_p50_ms=18, latency_p99_ms=140,
)  # fmt: skip


def test_a_line_says_everything() -> None:
    text = line(SOME)
    for words in ("day 8.2 of 14.0", "12,345/s", "300 containers", "0.153 at 4 h", "−$1,234", "18 ms p50"):
        assert words in text


def test_what_is_not_known_yet_is_a_dash() -> None:
    text = line(Progress(phase="warm-up", day=0, days=14, elapsed_s=1))
    assert "WAPE – at 2 h" in text
    assert "decisions: none yet" in text


def test_the_panel_fits_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    console.print(panel(SOME))
    assert isinstance(console.file, io.StringIO)
    assert "metric to command" in console.file.getvalue()


def test_without_a_terminal_lines_are_few() -> None:
    file = io.StringIO()
    with Screen(Console(file=file, width=200)) as screen:
        for _ in range(100):
            screen.show(SOME)
        screen.say("auto-pilot on")
    assert file.getvalue().count("712,800 samples") == 1
    assert "auto-pilot on" in file.getvalue()
