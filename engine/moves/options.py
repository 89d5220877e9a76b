"""The options of `trimtab plan`, checked together and turned into what a plan needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.catalogue.supplied import parse_pairs
from engine.core.moves import Terms
from engine.errors import UserError
from engine.moves.candidates import Reserved, Wanted
from engine.moves.command import Wishes
from engine.moves.forecast import forecast_needs
from engine.moves.inputs import Needs, example_needs, hours_of, read_needs, slots_of


@dataclass(frozen=True, slots=True)
class Options:
    """As the command line has them; None and empty: not given."""

    needs: Path | None
    example: bool
    trace: Path | None
    series: str | None
    at: str | None
    cores: float | None
    gib: float | None
    quantile: str
    group: Path | None
    start: str | None
    types: str
    families: str
    moves: int
    restart_cost_usd: float
    drain: str
    arrival: str
    back: bool
    model: str
    system_reserved: str
    compute_units: bool
    price: tuple[str, ...]
    spot: tuple[str, ...]
    allow_spot: bool
    interruptions_per_hour: float | None
    json_path: Path | None
    plot: Path | None

    def wishes(self) -> Wishes:
        """Reads nothing yet. Raises UserError for what does not go together."""
        return Wishes(self._needs(), self.group, self._wanted(), self._terms(), self.json_path, self.plot)

    def _needs(self) -> Callable[[], Needs] | None:
        given = sum((self.needs is not None, self.example, self.trace is not None))
        if given > 1 or (given == 0 and self.group is None):
            raise UserError("Give one of --needs, --trace and --example; or --group alone.")
        if self.plot is not None and not given:
            raise UserError("--plot shows the plan of a service: give --needs, --trace or --example too.")
        if self.needs is not None:
            return partial(read_needs, self.needs)
        if self.trace is not None:
            if self.series is None or self.at is None:
                raise UserError("--trace needs --series and --at.")
            return partial(forecast_needs, self.trace, self.series, self.at, self.cores, self.gib, self.quantile)
        return example_needs if self.example else None

    def _wanted(self) -> Wanted:
        start, types, families = self.start, _names(self.types), _names(self.families)
        if self.example:
            start, types = start or "m5.large", types or ([] if families else ["r4.xlarge"])
        if start is None and (self.needs is not None or self.trace is not None or self.compute_units):
            raise UserError("--from: say which type serves now.")
        if not types and not families:
            raise UserError("Give candidates with --types or --families.")
        if self.spot and not self.allow_spot:
            raise UserError("--spot gives prices only: say --allow-spot to have such machines planned.")
        return Wanted(
            start, types, families, parse_pairs(self.price, "--price"), parse_pairs(self.spot, "--spot"),
            Reserved.parse(self.system_reserved), self.compute_units,
        )  # fmt: skip

    def _terms(self) -> Terms:
        if self.allow_spot and (not self.spot or self.interruptions_per_hour is None):
            raise UserError("--allow-spot needs --spot TYPE=USD and --interruptions-per-hour: neither is guessed.")
        return Terms(
            moves=self.moves,
            arrival=slots_of(hours_of(self.arrival, "--arrival")),
            restart_usd=self.restart_cost_usd,
            drain_hours=hours_of(self.drain, "--drain"),
            back=self.back,
            model=self.model,
            allow_spot=self.allow_spot,
            interruptions_per_hour=self.interruptions_per_hour or 0.0,
        )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
