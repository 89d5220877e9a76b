"""`trimtab completion`: the script by which a shell completes commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands, options, and names of clusters, namespaces and containers.

    Names are asked of the broker (TRIMTAB_BROKER, or --broker on the line), for a second and a half at most.

    \b
    Examples:
      source <(trimtab completion bash)                                   in ~/.bashrc
      source <(trimtab completion zsh)                                    in ~/.zshrc, after compinit
      trimtab completion fish > ~/.config/fish/completions/trimtab.fish
    """
    from engine.cli.main import cli  # noqa: PLC0415  (it imports this module)

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "trimtab", "_TRIMTAB_COMPLETE").source())
