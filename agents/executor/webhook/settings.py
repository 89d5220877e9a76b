"""Settings of `trimtab webhook`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from agents.kubernetes.settings import KubernetesAccess


class WebhookSettings(KubernetesAccess):
    """One replica of the webhook; several share the load, and the certificate."""

    listen: str = Field("0.0.0.0", description="Address on which it answers the API server.")  # noqa: S104
    port: int = Field(9443, ge=0, le=65535, description="Port of that address; 0 takes a free one.")
    namespace: str = Field("trimtab", description="Namespace of its Service and of its Secret.")
    service: str = Field("trimtab-webhook", description="Service by which the API server calls it, port 443.")
    url: str | None = Field(None, description="Address by which the API server calls it where it is no Service.")
    certificate: Path | None = Field(None, description="TLS certificate (PEM); without it one is made and shared.")
    key: Path | None = Field(None, description="The certificate's key (PEM).")
    authority: Path | None = Field(None, description="Who signed the certificate (PEM); without it itself.")
    register_itself: bool = Field(True, description="Whether it writes its MutatingWebhookConfiguration at the start.")
