"""Options that several commands share."""

from __future__ import annotations

import getpass

import click

broker_option = click.option(
    "--broker", envvar="TRIMTAB_BROKER", default="127.0.0.1:9092", show_default=True, show_envvar=True,
    help="Kafka bootstrap servers.",
)  # fmt: skip
cluster_option = click.option(
    "--cluster", envvar="TRIMTAB_CLUSTER", required=True, show_envvar=True, help="Name of a declared cluster."
)
author_option = click.option(
    "--author", default=None, help="Who decides; by default the name of the user of this computer."
)
sent_at_option = click.option(
    "--sent-at",
    type=float,
    metavar="SECONDS",
    help="Time to state, in seconds since 1970, such as a replay's clock; default: now.",
)


def author_or_user(author: str | None) -> str:
    """Who decides. A container may run as a user without a name."""
    if author is not None:
        return author
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
