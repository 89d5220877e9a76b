"""`trimtab config`: the effective settings of a program."""

from __future__ import annotations

import importlib
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from engine.settings import PREFIX, Settings, effective, settings_options

_PROGRAMS: Final = {
    "demo": "engine.demo.settings:DemoSettings",
    "engine": "engine.shell.settings:EngineSettings",
    "collect-replay": "agents.collector.settings:ReplaySettings",
    "collect-cgroup": "agents.collector.settings:CgroupSettings",
    "collect-synthetic": "agents.collector.settings:SyntheticSettings",
    "collect-prometheus": "agents.collector.sources.prometheus.settings:PrometheusSettings",
    "collect-otlp": "agents.collector.sources.otlp.settings:OtlpSettings",
    "execute": "agents.executor.settings:ExecutorSettings",
    "webhook": "agents.executor.webhook.settings:WebhookSettings",
}


class Programs(click.Group):
    """A command for each program, with the flags of that program; its settings are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_PROGRAMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _command(cmd_name) if cmd_name in _PROGRAMS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Programs"):
            formatter.write_dl([(name, f"Settings of `trimtab {_spoken(name)}`.") for name in _PROGRAMS])


@click.group(cls=Programs)
def config() -> None:
    """Show the effective settings of a program: value, where it comes from, and its environment variable.

    \b
    Examples:
      trimtab config engine
      TRIMTAB_BROKER=kafka:9092 trimtab config execute --cluster shop
    """


def _command(program: str) -> click.Command:
    kind = _settings_class(program)

    @settings_options(kind)
    def show(settings: Settings) -> None:
        given = {name for name, value in click.get_current_context().params.items() if value is not None}
        Console().print(_table(f"trimtab {_spoken(program)}", settings, given))

    return click.command(program, help=f"Show the effective settings of `trimtab {_spoken(program)}`.")(show)


def _settings_class(program: str) -> type[Settings]:
    module, _, name = _PROGRAMS[program].partition(":")
    kind: type[Settings] = getattr(importlib.import_module(module), name)
    return kind


def _table(title: str, settings: Settings, flags: set[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("setting", "value", "from", "variable"):
        table.add_column(heading, overflow="fold")
    for name, value, origin in effective(settings):
        source = "flag" if name in flags else "environment" if origin == "set" else origin
        table.add_row(f"--{name.replace('_', '-')}", value, source, f"{PREFIX}{name.upper()}")
    return table


def _spoken(program: str) -> str:
    return program.replace("-", " ")
