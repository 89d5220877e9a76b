from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import stats

from engine.core.forecast import LEADS, ForecastRows, gate_prior
from engine.core.forecast.compact import decode, encode
from engine.core.forecast.losses import DISCOUNT, PART_DISCOUNT, charged, learn, part_of, records
from engine.core.forecast.mixture import SHARPNESS, Heard, combine
from engine.core.forecast.state import EXPERTS, LEARNED, PARTS
from engine.core.rows import Array
from tests.core.forecast.feeding import DAY, START

NAN = np.nan
E = len(EXPERTS)
CPU_OF_FIRST = (np.array([0]), np.array([0]))
SIXTEEN_BITS = 1e-3
FIRST_SIX_HOURS = START + 1


@given(st.lists(st.floats(0, 10), min_size=2, max_size=30))
def test_records_are_rivers_exponentially_weighted_means(errors: list[float]) -> None:
    theirs, part = stats.EWMean(fading_factor=1 - DISCOUNT), stats.EWMean(fading_factor=1 - PART_DISCOUNT)
    rows = ForecastRows.empty(1)
    for mean, column in ((theirs, rows.losses), (part, rows.part_losses)):  # river starts at the first value
        mean.update(errors[0] + 1)
        column[:] = encode(np.full(1, (errors[0] + 1) / mean.fading_factor))
    for error in errors[1:]:
        theirs.update(error)
        part.update(error)
        learn(rows, CPU_OF_FIRST, 1, FIRST_SIX_HOURS, np.full((1, E), error, np.float32))
    rel = len(errors) * SIXTEEN_BITS
    assert decode(rows.losses[0, 0, 1]) * (1 - DISCOUNT) == pytest.approx(np.full(E, theirs.get()), rel=rel)
    assert decode(rows.part_losses[0, 0, 0]) * (1 - PART_DISCOUNT) == pytest.approx(np.full(E, part.get()), rel=rel)


def test_only_the_longest_lead_has_a_record_by_part_of_the_day() -> None:
    rows, errors = ForecastRows.empty(2), np.arange(1.0, E + 1, dtype=np.float32)[None]
    learn(rows, CPU_OF_FIRST, 0, FIRST_SIX_HOURS, errors)
    assert (decode(rows.part_losses) == 0).all()
    learn(rows, CPU_OF_FIRST, 1, FIRST_SIX_HOURS + DAY // 2, errors)
    assert decode(rows.part_losses[0, 0, 2]) == pytest.approx(errors[0], rel=SIXTEEN_BITS)
    assert decode(rows.losses[0, 0]) == pytest.approx(np.repeat(errors, 2, axis=0), rel=SIXTEEN_BITS)
    rows.losses[0, 0], rows.part_losses[0, 0] = rows.losses[1, 0], rows.part_losses[1, 0]
    assert all(a[0].tobytes() == a[1].tobytes() for a in rows.arrays().values())  # nothing else was touched


def test_parts_of_the_day_are_six_hours() -> None:
    assert [part_of(START + bucket) for bucket in (1, 72, 73, 144, 145, 288, 289)] == [0, 0, 1, 1, 2, 3, 0]
    assert PARTS * 72 == DAY


def test_records_by_hand() -> None:
    rows = ForecastRows.empty(1)
    assert all((fresh == 1).all() for fresh in records(rows, CPU_OF_FIRST, START, (3, 48)))
    hour, four_hours, part = (np.where(np.arange(E) < E // 2, 1 - off, 1 + off) for off in (0.25, 0.5, 0.75))
    for column, loss in ((rows.losses[0, 0], (hour, four_hours)), (rows.part_losses[0, 0], (part,) * PARTS)):
        column[:] = encode(np.stack(loss) * np.float32(64))  # relative to their mean: scale does not matter
    all_day, of_part = records(rows, CPU_OF_FIRST, START, (3, 12, 24, 48, 288))
    by_hand = [hour, hour, (hour + four_hours) / 2, four_hours, four_hours]
    assert all_day[0] == pytest.approx(np.stack(by_hand), rel=2 * SIXTEEN_BITS)
    assert of_part[0] == pytest.approx(np.stack([part] * 5), rel=2 * SIXTEEN_BITS)
    assert LEARNED == (12, 48)


def test_who_abstains_is_charged_what_the_forecast_lost() -> None:
    predictions = np.array([[5, NAN, 1]], np.float32)
    errors = charged(predictions, np.array([4.0], np.float32), np.array([2.0], np.float32))
    assert errors.tolist() == [[3, 2, 1]]


def heard(seed: int, rows: int = 9, scale: float = 1.0) -> Heard:
    """Opinions of any kind: some abstain, some series are new."""
    rng = np.random.default_rng(seed)
    shape = (rows, len(LEADS), E)
    predictions = (scale * rng.lognormal(0, 1, shape)).astype(np.float32)
    predictions[rng.random(shape) < 0.2] = NAN
    records, part_records = (rng.lognormal(0, 0.3, shape).astype(np.float32) for _ in range(2))
    scored = (rng.integers(0, 3, shape[:2]) * 40).astype(np.float32)
    error = np.where(scored > 0, scale * rng.lognormal(-1, 1, shape[:2]), 0).astype(np.float32)
    return Heard(LEADS, predictions, records, part_records, error, scored)


def some_of(said: Heard, rows: list[int]) -> Heard:
    of_rows = {each.name: getattr(said, each.name)[rows] for each in fields(said) if each.name != "leads"}
    return Heard(said.leads, **of_rows)


def plain(said: Heard, row: int, place: int) -> tuple[float, Array]:
    """The forecast and the shares of the experts in float64, as `gate` describes them."""
    spoken, lead = said.predictions[row, place].astype(np.float64), LEADS[place]
    records, part = (each[row, place].astype(np.float64) for each in (said.records, said.part_records))
    position = np.log(lead / 12) / np.log(4)
    loss = records + (part - records) * 0.5 * max(position, 0)
    excess = np.minimum(loss / loss.min() - 1, 8)
    weight = np.where(np.isnan(spoken), 0, np.exp(-SHARPNESS * excess))
    order = np.argsort(spoken)
    crowd = spoken[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
    scored, off = float(said.scored[row, place]), spoken - crowd
    apart = np.nanmean(np.abs(off))
    usual = (said.error[row, place] if scored else apart) + 1e-6 * crowd + 1e-12
    last = spoken[EXPERTS.index("last")]
    moved = np.abs(spoken - (crowd if np.isnan(last) else last))
    of_expert = [records.min() / records, part.min() / part]
    of_expert += [np.nan_to_num(x) for x in (abs(off) / (abs(off) + usual), off / (abs(off) + usual))]
    of_expert += [np.nan_to_num(moved / (moved + usual))]
    speak, relative = np.isfinite(spoken).mean(), usual / (usual + crowd)
    of_all = [scored / (scored + 24), apart / (apart + usual), max(position, -1), speak, relative]
    hidden = np.stack(of_expert, axis=1) @ gate_prior.FEATURE + np.array(of_all) @ gate_prior.CONTEXT
    score = np.maximum(hidden + gate_prior.EMBEDDING, 0) @ gate_prior.OUT + gate_prior.EXPERT
    score = np.where(np.isnan(spoken), -np.inf, score - gate_prior.RECORD * excess)
    share = np.exp(score - score.max()) / np.exp(score - score.max()).sum()
    reached = np.cumsum(share[order])
    kept = np.clip(reached, 0.3, 0.7) - np.clip(reached - share[order], 0.3, 0.7)
    return float((kept * np.nan_to_num(spoken[order])).sum() / 0.4), share


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_the_gate_weighs_and_the_middle_of_the_weight_is_the_forecast(seed: int) -> None:
    said = heard(seed)
    found, weight = combine(said)
    for row in range(len(found)):
        for place in range(len(LEADS)):
            wanted, share = plain(said, row, place)
            assert found[row, place] == pytest.approx(wanted, rel=1e-3)
            assert weight[row, place] / weight[row, place].sum() == pytest.approx(share, abs=1e-4)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.permutations(range(9)))
def test_a_row_is_combined_as_if_alone_and_at_any_scale(seed: int, order: list[int]) -> None:
    found, weight = combine(heard(seed))
    for rows in (order, order[:1]):
        again, weight_again = combine(some_of(heard(seed), rows))
        assert again.tobytes() == found[rows].tobytes()
        assert weight_again.tobytes() == weight[rows].tobytes()
    assert combine(heard(seed, scale=2.0**10))[0] == pytest.approx(found * 2**10, rel=1e-5)


def test_whoever_abstains_has_no_weight() -> None:
    said = heard(3)
    said.predictions[0] = NAN
    said.predictions[1, :, 2:] = NAN
    found, weight = combine(said)
    assert np.isnan(found[0]).all()
    assert (weight[0] == 0).all()
    assert (weight[np.isnan(said.predictions)] == 0).all()
    low, high = np.nanmin(said.predictions[1], axis=1), np.nanmax(said.predictions[1], axis=1)
    assert ((found[1] >= low) & (found[1] <= high) | np.isnan(low)).all()


def test_opinions_without_a_difference_are_the_forecast() -> None:
    said = heard(4)
    said.predictions[:] = 7
    assert combine(said)[0] == pytest.approx(np.full((9, len(LEADS)), 7))
    said.records[:] = 0  # everybody was always right
    said.part_records[:] = 0
    assert combine(said)[0] == pytest.approx(np.full((9, len(LEADS)), 7))
