"""The last 14 days into a new engine: the seasons are there on the first day, and nothing was commanded by them.

A real Prometheus holds the past, the engine's own core folds what the source makes of it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.collector.sources.prometheus.api import Api
from agents.collector.sources.prometheus.job import Watcher
from agents.collector.sources.watched import REACHED
from engine.core.effects import Effects
from engine.core.forecast import ForecastRows, forecast_at
from engine.core.rows import Array
from engine.identity import slot_key
from engine.messages import Roster, Size
from engine.units import BUCKET_S, DAY_S, HOUR_S
from tests.collector.prometheus.driving import CLUSTER, Driven, Engine, metrics_of
from tests.collector.prometheus.server import PrometheusServer
from tests.collector.prometheus.shop import MIB, START_S, Pod, flat, past

DAYS = 14.0
SCRAPE_S = 100.0
NOW_S = START_S + DAYS * DAY_S
LATER_S = 2 * HOUR_S


def busy_by_day(time_s: float) -> float:
    return 0.5 + 0.4 * math.sin(2 * math.pi * time_s / DAY_S)


def pods() -> list[Pod]:
    end_s = DAYS * DAY_S + LATER_S
    large = ((4.0, 1024 * MIB), (8.0, 2048 * MIB))
    web = ("ReplicaSet", "web-7c9b8d6f54")
    return [
        Pod("shop", "web-7c9b8d6f54-ccccc", "app", web, busy_by_day, flat(200 * MIB), end_s=end_s, amounts=large),
        Pod("shop", "db-0", "postgres", ("StatefulSet", "db"), flat(0.2), flat(900 * MIB), end_s=end_s, amounts=large),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lines = past(pods(), days=DAYS + LATER_S / DAY_S, scrape_s=SCRAPE_S)
    with PrometheusServer(tmp_path_factory.mktemp("prometheus"), lines) as started:
        yield started.url


def test_seasons_are_there_and_nothing_moved(url: str, tmp_path: Path) -> None:
    driven, engine, in_time = Driven(url, tmp_path, NOW_S), Engine(), Engine()
    old, fresh = asyncio.run(_past_then_live(driven, engine, in_time))
    assert old.commands == []
    assert old.decisions == []
    assert old.dead_letters == []
    assert engine.counter("samples_late") == 0
    assert engine.counter("samples_duplicate") == 0
    assert engine.counter("samples_stale") >= 2 * 0.99 * DAYS * DAY_S / BUCKET_S
    decided = {decision.container for decision in fresh.decisions}
    assert decided == {f"{CLUSTER}/shop/db/postgres", f"{CLUSTER}/shop/web/app"}
    assert fresh.dead_letters == []
    ahead = _forecast(engine)
    expected = [busy_by_day(NOW_S - START_S + LATER_S + hour * HOUR_S) for hour in (4, 12, 20)]
    assert np.abs(ahead - expected).max() < 0.06, "by the time of day, on the first day"
    assert np.array_equal(ahead, _forecast(in_time)), "as if it had watched for 14 days"


async def _past_then_live(driven: Driven, engine: Engine, in_time: Engine) -> tuple[Effects, Effects]:
    """Effects of what was old when it was sent, and of the two hours after. `in_time` gets each when it happened."""
    old, fresh = Effects(), Effects()
    async with Api(driven.settings) as api:
        watcher = Watcher(driven.settings, api, driven.source, lambda: driven.now_s)
        while driven.now_s < NOW_S + LATER_S:
            for event in [event for scrape in await driven.look(watcher) for event in scrape.events]:
                is_old = driven.now_s - event.time_s > 120
                _add(old if is_old else fresh, engine.apply(event, driven.now_s))
                in_time.apply(event, event.time_s)
            driven.now_s += SCRAPE_S
    return old, fresh


def _add(to: Effects, more: Effects) -> None:
    to.commands += more.commands
    to.decisions += more.decisions
    to.dead_letters += more.dead_letters


def _forecast(engine: Engine) -> Array:
    """CPU of web in 4, 12 and 20 hours."""
    slot = engine.fold.slots[slot_key(CLUSTER, 0)]
    rows: ForecastRows = slot.forecast
    at = slot.containers.index(f"{CLUSTER}/shop/web/app")
    said: Array = forecast_at(rows, slot.forecast_bucket(slot.closed), [48, 144, 240]).p50[at, 0]
    return said


def test_a_past_that_is_too_late_changes_nothing(url: str, tmp_path: Path) -> None:
    """A spool that was lost, and an engine that has watched all the time: it is counted late, and used for nothing."""

    async def scenario() -> None:
        live, again = Driven(url, tmp_path, NOW_S, days=0.0), Driven(url, tmp_path, NOW_S, days=1.0)
        engine = Engine()
        for scrape in await live.once():
            for event in scrape.events:
                engine.apply(event, live.now_s)
        folded = engine.counter("samples_folded") - engine.counter("samples_late")
        slot = engine.fold.slots[slot_key(CLUSTER, 0)]
        request = slot.placement.request.copy()
        scrapes = await again.once()
        for event in [event for scrape in scrapes for event in scrape.events if again.now_s - event.time_s > 120]:
            effects = engine.apply(event, again.now_s)
            assert effects.commands == []
            assert effects.decisions == []
        assert engine.counter("samples_late") > 500
        assert engine.counter("samples_folded") - engine.counter("samples_late") == folded
        assert np.array_equal(slot.placement.request, request)

    asyncio.run(scenario())


def test_a_collector_that_is_killed_goes_on_where_it_was(url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        whole = Driven(url, tmp_path / "a", NOW_S, days=1.0)
        expected = [event.time_s for event in metrics_of(await whole.once())]
        broken = Driven(url, tmp_path / "b", NOW_S, days=1.0)
        times = [event.time_s for event in metrics_of(await broken.once(most=100))]
        broken.begin()
        second = await broken.once()
        assert isinstance(second[0].events[0], Roster), "a new process tells first who runs"
        times += [event.time_s for event in metrics_of(second)]
        assert times == expected
        assert broken.facts[REACHED] == whole.facts[REACHED]
        assert len(times) > 280

    asyncio.run(scenario())


def test_a_pause_is_made_up_for(url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        driven = Driven(url, tmp_path, NOW_S - HOUR_S, days=0.5)
        await driven.once()
        driven.now_s = NOW_S
        driven.begin()
        times = [event.time_s for event in metrics_of(await driven.once())]
        assert NOW_S - HOUR_S <= times[0] <= NOW_S - HOUR_S + 2 * BUCKET_S
        assert times == sorted(times)
        assert np.diff(times).max() <= 2 * BUCKET_S

    asyncio.run(scenario())


def test_sizes_in_the_past_are_those_of_then(tmp_path: Path) -> None:
    """A deployment whose request was raised at one o'clock of its only day: in the third stretch of six hours."""
    small, large = ((0.5, 64 * MIB), (1.0, 128 * MIB)), ((0.8, 128 * MIB), (2.0, 256 * MIB))
    half = DAY_S / 2
    first = Pod("shop", "web-5d4cf56db6-aaaaa", "app", ("ReplicaSet", "web-5d4cf56db6"), flat(0.1), flat(9 * MIB),
                end_s=half + HOUR_S, amounts=small)  # fmt: skip
    second = Pod("shop", "web-7c9b8d6f54-ccccc", "app", ("ReplicaSet", "web-7c9b8d6f54"), flat(0.1), flat(9 * MIB),
                 start_s=half + HOUR_S, end_s=DAY_S, amounts=large)  # fmt: skip

    async def scenario(url: str) -> None:
        driven = Driven(url, tmp_path, START_S + DAY_S, days=1.0)
        rosters = [e for scrape in await driven.once() for e in scrape.events if isinstance(e, Roster)]
        sizes = [(event.time_s < START_S + half, event.containers[0].size) for event in rosters]
        assert {size for early, size in sizes if early} == {Size(0.5, 1.0, 64 * MIB, 128 * MIB)}
        assert {size for early, size in sizes if not early} == {Size(0.8, 2.0, 128 * MIB, 256 * MIB)}

    with PrometheusServer(tmp_path / "prometheus", past([first, second], days=1.0)) as server:
        asyncio.run(scenario(server.url))
