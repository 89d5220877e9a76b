"""The command `trimtab`. Commands are imported when they are called, so that `--help` is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click
from click.shell_completion import CompletionItem

from engine import __version__
from engine.errors import UserError

COMMANDS: Final = {
    "demo": ("engine.cli.demo:demo", "Run everything once on a real trace and write a report."),
    "demo-kubernetes": ("engine.cli.demo_kubernetes:demo_kubernetes", "The same on Kubernetes: pods resized in place."),
    "backtest": ("engine.cli.backtest:backtest", "Forecast a recorded trace and score it, beside other models."),
    "explain": ("engine.cli.explain:explain", "Show how one forecast of a recorded trace came about."),
    "convert": ("engine.cli.convert:convert", "Convert CPU between instance types, in compute units."),
    "simulate": ("engine.cli.simulate:simulate", "Replay a recorded trace and score the requests it would set."),
    "budget": ("engine.cli.budget:budget", "Show what is requested, used and wasted, and what would be saved."),
    "plan": ("engine.cli.plan:plan", "Plan moves between instance types over the next 24 hours."),
    "accuracy": ("engine.cli.accuracy:accuracy", "Show how often decisions were right, and what they saved."),
    "get": ("engine.cli.get:get", "List decisions, containers, outcomes, policies, freezes, as kubectl does."),
    "describe": ("engine.cli.describe:describe", "Show all that is known of a container."),
    "freeze": ("engine.cli.freeze:freeze", "Command nothing within a scope, at once."),
    "unfreeze": ("engine.cli.freeze:unfreeze", "Lift a freeze."),
    "engine": ("engine.cli.engine:engine", "Run the engine: events in, decisions and commands out."),
    "collect": ("agents.collector.cli:collect", "Run a collector: publish a cluster's metrics and rosters."),
    "execute": ("agents.executor.cli:execute", "Run an executor: apply commands to one cluster, report outcomes."),
    "webhook": ("agents.executor.webhook.cli:webhook", "Run the webhook: new pods start with the size decided."),
    "export": ("engine.cli.export:export", "Write files for people and programs, such as a Prometheus's history."),
    "cluster": ("engine.cli.cluster:cluster", "Declare clusters and list them."),
    "control": ("engine.cli.control:control", "Auto-pilot, approval of a decision, freeze."),
    "policy": ("engine.cli.policy:policy", "Check, explain and apply the user's terms: a policy file, annotations."),
    "kill-switch": ("engine.cli.kill_switch:kill_switch", "Stop everything that trimtab does to a cluster."),
    "topics": ("engine.cli.topics:topics", "Compare and reconcile a broker with topics.yaml."),
    "kafka": ("engine.cli.kafka:kafka", "Run a development broker (real Apache Kafka, no Docker)."),
    "kubernetes": ("engine.cli.kubernetes:kubernetes", "Run a development cluster (real Kubernetes, no Docker)."),
    "completion": ("engine.cli.completion:completion", "Print the completion script of a shell."),
    "config": ("engine.cli.config:config", "Show the effective settings of a program."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Without importing the commands, so that Tab is quick."""
        named = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trimtab")
def cli() -> None:
    """Keep every container at the right size, from the stream of its metrics.

    \b
    Examples:
      trimtab demo                         everything once, with a report in out/demo
      trimtab kafka start                  a development broker
      trimtab topics apply                 make the topics
      trimtab cluster add shop --containers 300
      trimtab engine                       run the engine
      trimtab get decisions -n web         what it decided
    """


def main() -> None:
    """Entry point. What a person can mend is one sentence and exit code 2."""
    try:
        code = cli(standalone_mode=False)
    except UserError as error:
        click.echo(f"trimtab: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
