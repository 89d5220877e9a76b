"""Compile all that is compiled, or load it from the cache, so that no event has to wait for it."""

from engine.core import forecast, nowcast


def warm_up() -> None:
    forecast.warm_up()
    nowcast.warm_up()
