"""Settings of `trimtab collect prometheus`."""

from __future__ import annotations

from pydantic import Field

from agents.collector.settings import CollectorSettings
from agents.collector.sources.prometheus.access import PrometheusAccess, Time


class PrometheusSettings(PrometheusAccess, CollectorSettings):
    """How it is reached, and how often it is asked."""

    interval: Time = Field(15.0, ge=5.0, le=60.0, description="Time between looks at what is newest.")
    days: float = Field(
        14.0, ge=0.0, le=60.0, description="Of the past, that go before all else at the first start; 0 is none."
    )
