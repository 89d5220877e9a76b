"""How a Prometheus is reached: its address, and who asks."""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.errors import UserError
from engine.settings import PREFIX
from engine.units import BUCKET_S

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_MATCHER: Final = r'[a-zA-Z_]\w*\s*(=|!=|=~|!~)\s*"(\\.|[^"\\])*"'


def seconds(value: object) -> object:
    """A time as Prometheus writes it, in seconds; what is none is left for pydantic to refuse.

    >>> seconds("5m"), seconds("60")
    (300.0, '60')
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", value.strip()) if isinstance(value, str) else None
    return value if found is None else float(found[1]) * _UNITS[found[2]]


Time = Annotated[float, BeforeValidator(seconds)]


class PrometheusAccess(BaseSettings):
    """Settings of whatever asks a Prometheus."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    url: str = Field(
        description="Of the Prometheus, such as http://prometheus:9090; with the path before /api/v1, if it has one.",
        pattern=r"^https?://[^/\s]+",
    )
    selector: str = Field(
        "",
        description='Matchers that every series must meet, such as cluster="prod", where a store holds several.',
        pattern=rf"^\s*({_MATCHER}\s*(,\s*{_MATCHER}\s*)*)?,?\s*$",
    )
    bearer_token_file: Path | None = Field(None, description="File with a bearer token; read again for each request.")
    user: str | None = Field(None, description="Name for basic authentication; goes with --password-file.")
    password_file: Path | None = Field(None, description="File with the password; read again for each request.")
    ca_file: Path | None = Field(None, description="Certificates (PEM) to trust instead of the system's.")
    headers: str = Field(
        "", description="More headers, separated by semicolons, such as X-Scope-OrgID: tenant (Mimir, Thanos)."
    )
    timeout: Time = Field(60.0, gt=0.0, description="Time that one query may take; s, m, h and d are understood.")
    concurrency: int = Field(4, ge=1, le=64, description="Queries at a time, at most.")
    step: Time = Field(
        float(BUCKET_S), ge=15.0, le=float(BUCKET_S), description="Of the history that is read: 15s to 5m, a bucket."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> PrometheusAccess:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("--user and --password-file go together")
        if self.user is not None and self.bearer_token_file is not None:
            raise ValueError("give either --bearer-token-file or --user")
        return self


def request_headers(access: PrometheusAccess) -> Mapping[str, str]:
    """Headers of a request. Tokens are rotated in their files, so those are read each time. Raises UserError."""
    headers = dict(_header(text) for text in access.headers.split(";") if text.strip())
    if access.bearer_token_file is not None:
        headers["Authorization"] = f"Bearer {_secret(access.bearer_token_file)}"
    if access.user is not None and access.password_file is not None:
        pair = f"{access.user}:{_secret(access.password_file)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return headers


def trust(access: PrometheusAccess) -> ssl.SSLContext | bool:
    """Whom to trust in TLS: for aiohttp's `ssl`. Raises UserError."""
    if access.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=access.ca_file)
    except OSError as error:
        raise UserError(f"--ca-file {access.ca_file} cannot be read as certificates: {error}.") from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
        raise UserError(f"--headers: expected NAME: VALUE, got {text.strip()!r}.")
    return name.strip(), value.strip()


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
