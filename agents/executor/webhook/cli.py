"""`trimtab webhook`."""

from __future__ import annotations

import asyncio

import click

from agents.executor.webhook.service import run
from agents.executor.webhook.settings import WebhookSettings
from engine.logs import configure
from engine.settings import settings_options


@click.command(context_settings={"max_content_width": 110})
@settings_options(WebhookSettings)
def webhook(settings: WebhookSettings) -> None:
    """Run the webhook: new pods get the size that was decided, from their start.

    A rollout thus undoes no decision. It fails open: where it does not answer within a second, pods start with the
    size of their template, and the executor sees to them.

    \b
    Examples:
      trimtab webhook
      trimtab webhook --namespace trimtab --service trimtab-webhook
      trimtab webhook --url https://127.0.0.1 --port 9443 --kubeconfig ~/.kube/config
    """
    configure(settings, "webhook")
    asyncio.run(run(settings))
