"""`python -m benchmarks.speed.short`: the core in half a minute, beside what was recorded last.

Times are ratios to river's HoltWinters in the same run, so that machines compare; they are shown. Bytes and messages
are the same on every machine: one that has grown by more than its tolerance ends this with 1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from benchmarks.speed.core.measure import measure, sizes
from benchmarks.speed.core.peers import river
from engine.core.warm_up import warm_up
from engine.identity import CONTAINERS_PER_SLOT, slots_for

RECORDED: Final = Path(__file__).with_name("recorded.json")
ROWS: Final = CONTAINERS_PER_SLOT
TIMES: Final = (
    "decode", "sample", "sample_all_with_rosters", "roster", "close", "hour", "urgent", "encode_decision", "pack",
    "unpack",
)  # fmt: skip
RATIO: Final = " / river"
TOLERANCE: Final = 0.05
"""Bytes may grow by so much: allocations differ a little between versions of Python and numpy."""
LARGE: Final = 10_000
"""Containers of a large cluster."""


def figures() -> dict[str, float]:
    """All by name: times as ratios to river, and what is counted."""
    warm_up()
    measured = measure(ROWS, hours=1.0, warm_up_hours=2.0)
    unit = river()
    found = {f"{name}{RATIO}": measured[name] / unit for name in TIMES}
    return found | counted()


def counted() -> dict[str, float]:
    """What is the same on every machine: bytes a row, and messages a thousand samples."""
    return sizes(ROWS) | {"messages_a_thousand_samples": 1000.0 * slots_for(LARGE) / LARGE}


def recorded() -> dict[str, float]:
    found: dict[str, float] = json.loads(RECORDED.read_text())
    return found


def grown(before: dict[str, float], now: dict[str, float]) -> list[str]:
    """Names of what is the same on every machine and is larger than recorded."""
    return [name for name, value in now.items() if RATIO not in name and value > before[name] * (1.0 + TOLERANCE)]


def table(before: dict[str, float], now: dict[str, float]) -> str:
    lines = [f"| {ROWS} rows a message | recorded | now | change |", "|---|---:|---:|---:|"]
    for name, value in now.items():
        known = before.get(name)
        change = "new" if known is None else f"{value / known - 1.0:+.0%}"
        lines.append(f"| {name} | {'-' if known is None else f'{known:,.4g}'} | {value:,.4g} | {change} |")
    return "\n".join(lines)


@click.command()
@click.option("--record", is_flag=True, help="Keep what is measured as what the next runs compare with.")
def main(record: bool) -> None:
    """Prints recorded and present figures of the core; ends with 1 when bytes or messages have grown."""
    before, now = recorded() if RECORDED.exists() else {}, figures()
    click.echo(table(before, now))
    if record:
        RECORDED.write_text(json.dumps({name: float(f"{value:.4g}") for name, value in now.items()}, indent=1) + "\n")
    elif more := grown(before, now):
        raise SystemExit(f"larger than recorded by more than {TOLERANCE:.0%}: {', '.join(more)}")


if __name__ == "__main__":
    main()
