"""Settings of every program: one validated object each, from flags and from the environment (`TRIMTAB_…`).

A program declares a subclass of `Settings`; `settings_options` turns its fields into flags. A flag wins over the
environment, the environment over the default.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.errors import UserError

S = TypeVar("S", bound=BaseSettings)
PREFIX = "TRIMTAB_"


class Settings(BaseSettings):
    """What every program has."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    broker: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port[,host:port…].")
    log_level: str = Field(
        "info", description="debug, info, warning or error.", pattern="^(debug|info|warning|error)$"
    )
    log_format: str = Field(
        "auto", description="console, json, or auto: console on a terminal.", pattern="^(auto|console|json)$"
    )
    http_host: str = Field("127.0.0.1", description="Address of /metrics, /live and /ready.")
    http_port: int = Field(0, ge=0, le=65535, description="Port of /metrics, /live and /ready; 0 takes a free one.")


def load(cls: type[S], flags: dict[str, Any]) -> S:
    """Settings from flags (None is "not given") and the environment. Raises UserError in one sentence."""
    try:
        return cls(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise UserError(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    parts = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        flag, variable = f"--{name.replace('_', '-')}", f"{PREFIX}{name.upper()}"
        if problem["type"] == "missing":
            parts.append(f"{flag} (or {variable}) is required")
        else:
            parts.append(f"{flag} (or {variable}): {problem['msg']}, got {problem['input']!r}")
    return "; ".join(parts)


def settings_options(cls: type[S]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: a flag for each field of `cls`; the command is called with the validated object as `settings`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        names = list(cls.model_fields)

        @functools.wraps(command)
        def wrapped(**arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in names}
            return command(settings=load(cls, flags), **arguments)

        decorated: Callable[..., Any] = wrapped
        for name in reversed(names):
            decorated = _option(name, cls.model_fields[name])(decorated)
        return decorated

    return decorate


def _option(name: str, field: FieldInfo) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    flag = f"--{name.replace('_', '-')}"
    default = "required" if field.is_required() else f"default: {field.get_default(call_default_factory=True)}"
    text = f"{field.description or ''}  [{PREFIX}{name.upper()}; {default}]"
    if field.annotation is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=text)
    return click.option(flag, name, default=None, metavar="VALUE", help=text)


def effective(settings: Settings) -> list[tuple[str, str, str]]:
    """Name, value and origin (flag or environment, or default) of each setting, for `trimtab config`."""
    given = settings.model_fields_set
    return [(n, str(getattr(settings, n)), "set" if n in given else "default") for n in type(settings).model_fields]
