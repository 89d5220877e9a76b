"""`trimtab freeze` and `trimtab unfreeze`: `trimtab control freeze` in fewer words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import click
from click.core import ParameterSource

from engine.cli.completing import scope_names
from engine.cli.get import any_cluster_option
from engine.cli.options import author_option, author_or_user, broker_option, sent_at_option
from engine.errors import UserError

_OPTIONS: Final = (
    click.argument("scope", required=False, shell_complete=scope_names),
    any_cluster_option, broker_option, author_option, sent_at_option, click.pass_context,
)  # fmt: skip


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


@click.command()
@_with_options
def freeze(context: click.Context, **given: Any) -> None:
    """Command nothing within SCOPE; the executor obeys at once.

    SCOPE is a namespace, namespace/workload or namespace/workload/container; --cluster without one is all of it.

    \b
    Examples:
      trimtab freeze shop/checkout
      trimtab freeze --cluster prod
    """
    _send(context, frozen=True, **given)


@click.command()
@_with_options
def unfreeze(context: click.Context, **given: Any) -> None:
    """Lift the freeze of the same SCOPE; a kill switch stays on, and so do freezes of other scopes.

    \b
    Examples:
      trimtab unfreeze shop/checkout
      trimtab unfreeze --cluster prod
    """
    _send(context, frozen=False, **given)


def _send(
    context: click.Context, frozen: bool, scope: str | None, cluster: str | None, broker: str, author: str | None,
    sent_at: float | None,
) -> None:  # fmt: skip
    from engine.broker.clusters import read_clusters  # noqa: PLC0415  (quick help)
    from engine.broker.controls import send_control  # noqa: PLC0415
    from engine.console.source import only_cluster  # noqa: PLC0415
    from engine.messages import Freeze  # noqa: PLC0415

    if scope is None and context.get_parameter_source("cluster") is not ParameterSource.COMMANDLINE:
        raise UserError("name a scope, such as shop/checkout, or all of a cluster by --cluster NAME")
    if scope is not None and set(scope) & set("*?"):
        raise UserError(f"a scope names one thing, got {scope!r}: patterns are for a policy's rules (trimtab policy)")
    declared = only_cluster(read_clusters(broker), cluster)
    body = Freeze(frozen=frozen, scope=scope or "")
    slots = send_control(broker, declared, body, author_or_user(author), sent_at)
    what = f"{scope} of cluster {declared.name}" if scope else f"cluster {declared.name}"
    done = "frozen" if frozen else "no longer frozen"
    click.echo(f"{what} {done}: written into {len(slots)} slot{'s' if len(slots) > 1 else ''}")
