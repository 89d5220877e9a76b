"""`trimtab control`: what people decide."""

from __future__ import annotations

import click

from engine.broker.clusters import require_cluster
from engine.broker.controls import Body, send_control
from engine.cli.options import author_option, author_or_user, broker_option, cluster_option, sent_at_option
from engine.errors import UserError
from engine.messages import Approve, Autopilot, Freeze, Stage


def _no_pattern(_context: click.Context, _option: click.Parameter, scope: str) -> str:
    if "*" in scope or "?" in scope:
        raise UserError(f"a scope names one thing, got {scope!r}: patterns are for a policy's rules (trimtab policy)")
    return scope


_scope = click.option(
    "--scope",
    default="",
    callback=_no_pattern,
    help="namespace, namespace/workload or namespace/workload/container; default: all of it.",
)


@click.group()
def control() -> None:
    """Auto-pilot, approval of a decision, freeze."""


@control.command()
@click.argument("stage", type=click.Choice(["observe", "recommend", "up_only", "full"]))
@cluster_option
@_scope
@broker_option
@author_option
@sent_at_option
def autopilot(
    stage: Stage, cluster: str, scope: str, broker: str, author: str | None, sent_at: float | None
) -> None:
    """Set how far auto-pilot may go: record, recommend, command raises, command everything.

    It wins over an applied policy file (`trimtab policy apply`) at the same scope; a rule of a narrower scope, and for
    a namespace or the cluster a workload's own annotation, win over it.

    \b
    Examples:
      trimtab control autopilot full --cluster shop --scope web
      trimtab control autopilot recommend --cluster shop
    """
    _send(broker, cluster, Autopilot(stage=stage, scope=scope), author, sent_at)


@control.command()
@click.argument("decision_id")
@cluster_option
@click.option("--container", required=True, help="cluster/namespace/workload/container, as in the decision.")
@broker_option
@author_option
@sent_at_option
def approve(
    decision_id: str, cluster: str, container: str, broker: str, author: str | None, sent_at: float | None
) -> None:
    """Command one recommended decision, if it is still valid.

    Of a decision `move` the whole plan is approved: each of its moves is commanded when it is due.

    \b
    Example:
      trimtab control approve 3f2a9c0b11d4e877 --cluster shop --container shop/web/cart/app
    """
    _send(broker, cluster, Approve(container=container, decision_id=decision_id), author, sent_at)


@control.command()
@cluster_option
@_scope
@broker_option
@author_option
@sent_at_option
def freeze(cluster: str, scope: str, broker: str, author: str | None, sent_at: float | None) -> None:
    """Command nothing within the scope; the executor obeys at once. See also `trimtab kill-switch`.

    \b
    Example:
      trimtab control freeze --cluster shop
    """
    _send(broker, cluster, Freeze(scope=scope), author, sent_at)


@control.command()
@cluster_option
@_scope
@broker_option
@author_option
@sent_at_option
def unfreeze(cluster: str, scope: str, broker: str, author: str | None, sent_at: float | None) -> None:
    """Lift a freeze of the same scope; a kill switch stays on.

    \b
    Example:
      trimtab control unfreeze --cluster shop
    """
    _send(broker, cluster, Freeze(frozen=False, scope=scope), author, sent_at)


def _send(broker: str, cluster: str, body: Body, author: str | None, sent_at: float | None) -> None:
    slots = send_control(broker, require_cluster(broker, cluster), body, author_or_user(author), sent_at)
    click.echo(f"written into {len(slots)} slot{'s' if len(slots) > 1 else ''} of {cluster}")
