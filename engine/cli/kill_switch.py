"""`trimtab kill-switch`: stop everything that trimtab does to a cluster."""

from __future__ import annotations

import click

from engine.broker.clusters import require_cluster
from engine.broker.controls import send_control
from engine.cli.options import author_option, author_or_user, broker_option, cluster_option, sent_at_option
from engine.identity import KILL_SWITCH
from engine.messages import Freeze

_SAID = {
    True: "The kill switch of {cluster} is on. Its executor applies nothing from the moment it reads this, and the "
    "engine commands nothing, in all {slots} slots; decisions are still made and published as frozen. "
    "It holds until `trimtab kill-switch off --cluster {cluster}`; `trimtab control unfreeze` does not lift it.",
    False: "The kill switch of {cluster} is off, in its executor and in all {slots} slots. "
    "Freezes by `trimtab control freeze` hold as before.",
}


@click.command("kill-switch")
@click.argument("state", type=click.Choice(["on", "off"]))
@cluster_option
@broker_option
@author_option
@sent_at_option
def kill_switch(state: str, cluster: str, broker: str, author: str | None, sent_at: float | None) -> None:
    """Stop everything that trimtab does to a cluster, or let it go on.

    As `trimtab control freeze` without a scope, but no unfreeze lifts it, only `off`. It survives restarts of the
    executor and of the engine.

    \b
    Examples:
      trimtab kill-switch on --cluster shop
      trimtab kill-switch off --cluster shop
    """
    on = state == "on"
    body = Freeze(frozen=on, scope=KILL_SWITCH)
    slots = send_control(broker, require_cluster(broker, cluster), body, author_or_user(author), sent_at)
    click.echo(_SAID[on].format(cluster=cluster, slots=len(slots)))
