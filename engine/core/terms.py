"""The user's terms as columns: resolved after a control or a roster, for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.effects import Refused, SlotEffects
from engine.core.forecast import check_forecaster
from engine.core.placement import CPU_LIMITS, DEFAULT_STAGE, STAGES, requests_of
from engine.core.policy import Rules, is_frozen, layers, overlaid
from engine.core.rows import Array
from engine.core.windows import unknown_zones
from engine.messages import CpuLimit, Forecaster, Policy, Restart, Risk

if TYPE_CHECKING:
    from engine.core.context import Context
    from engine.core.state import SlotState


def resolve(state: SlotState, context: Context, effects: SlotEffects) -> None:
    """Writes the terms and the freeze of every row. What cannot be used is left out and noted in the effects."""
    _forget_unused(state)
    policies, code = _policies(state)
    state.window_sets, state.families = [], []
    _write(state, policies, code)
    state.placement.frozen[:] = [is_frozen(container, state.freezes) for container in state.containers]
    for name in unknown_zones(state.window_sets, context.utc_offset_s):
        effects.notes.append(Refused("time_zone", f"`{name}` is no time zone: a window with it is never open"))
    for container, number in zip(state.containers, code.tolist(), strict=True):
        _set_forecaster(state, container, policies[number].forecaster, effects)


def _forget_unused(state: SlotState) -> None:
    """Annotations that no row has any more are dropped."""
    column = state.placement.annotation
    used = np.unique(column[column >= 0])
    column[:] = np.where(column >= 0, np.searchsorted(used, column), -1)
    state.annotations = [state.annotations[number] for number in used]


def _policies(state: SlotState) -> tuple[list[Policy], Array]:
    """Distinct policies that hold, and the number of each row's, int [n]."""
    rules = Rules.of(state.policy)
    annotations: list[Policy | None] = [*state.annotations, None]  # -1, none, is the last
    found: dict[tuple[int, ...], int] = {}
    policies: list[Policy] = []
    code = np.zeros(len(state.containers), dtype=np.int64)
    for row, container in enumerate(state.containers):
        said = [layer.policy for layer in layers(container, rules, state.stages, annotations[_annotation(state, row)])]
        key = tuple(map(id, said))
        if key not in found:
            found[key] = len(policies)
            policies.append(_merged(said))
        code[row] = found[key]
    return policies, code


def _annotation(state: SlotState, row: int) -> int:
    return int(state.placement.annotation[row])


def _merged(said: list[Policy]) -> Policy:
    policy = Policy()
    for each in said:
        policy = overlaid(policy, each)
    return policy


def _write(state: SlotState, policies: list[Policy], code: Array) -> None:
    placement = state.placement
    for name, column in placement.arrays().items():
        if name in COLUMNS:
            values = [COLUMNS[name](policy) for policy in policies]
            column[:] = np.array(values, dtype=column.dtype).reshape(len(values), *column.shape[1:])[code]
    for column, known, wanted in (
        (placement.windows, state.window_sets, [policy.windows or None for policy in policies]),
        (placement.families, state.families, [_families(policy) for policy in policies]),
    ):
        column[:] = np.array([_place(known, each) for each in wanted], dtype=column.dtype)[code]


def _families(policy: Policy) -> list[str] | None:
    """Their order does not matter."""
    return None if policy.families is None else sorted(set(policy.families))


def _place(known: list[Any], wanted: Any) -> int:
    """Index of `wanted` in `known`, to which it is added; -1 for none."""
    if wanted is None:
        return -1
    if wanted not in known:
        known.append(wanted)
    return known.index(wanted)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _restart(policy: Policy) -> Restart:
    return policy.restart or Restart()


def _cpu_limit(policy: Policy) -> CpuLimit:
    """A ratio that is not stated is none: the limit is kept."""
    limit = policy.cpu_limit or CpuLimit()
    return CpuLimit() if limit.kind == "ratio" and limit.ratio is None else limit


def _risk(policy: Policy) -> tuple[float, float]:
    risk = policy.risk or Risk()
    return _or(risk.cpu, np.nan), _or(risk.memory, np.nan)


COLUMNS: Final[dict[str, Any]] = {
    "floor": lambda policy: requests_of(policy.floor),
    "ceiling": lambda policy: requests_of(policy.ceiling),
    "stage": lambda policy: STAGES.index(policy.autopilot) if policy.autopilot else DEFAULT_STAGE,
    "risk": _risk,
    "protected": lambda policy: _or(policy.protected, -1),
    "cuts_in_windows": lambda policy: _or(policy.cuts_only_in_windows, False),
    "restart_allowed": lambda policy: _or(_restart(policy).allowed, True),
    "restarts_a_day": lambda policy: _or(_restart(policy).most_a_day, -1),
    "restart_from_s": lambda policy: _or(_restart(policy).not_before, -np.inf),
    "restart_until_s": lambda policy: _or(_restart(policy).not_after, np.inf),
    "restart_usd": lambda policy: _or(_restart(policy).cost_usd, np.nan),
    "cpu_limit_kind": lambda policy: CPU_LIMITS.index(_cpu_limit(policy).kind),
    "cpu_limit_ratio": lambda policy: _or(_cpu_limit(policy).ratio, np.nan),
    "keep_qos": lambda policy: _or(policy.keep_qos, True),
    "moves_a_day": lambda policy: _or(policy.moves_a_day, -1),
}
"""A column of PlacementRows, and its value under a policy."""


def annotate(state: SlotState, row: int, policy: Policy | None) -> bool:
    """Remembers the workload's own policy, each distinct one once; says whether it is another than before."""
    before, now = _annotation(state, row), _place(state.annotations, policy)
    state.placement.annotation[row] = now
    return now != before


def _set_forecaster(state: SlotState, container: str, wanted: Forecaster | None, effects: SlotEffects) -> None:
    """The river forecaster that is asked for, if it can be used; else the built-in stays and a dead letter says why."""
    if wanted is None:
        state.forecasters.pop(container, None)
    elif state.forecasters.get(container) != wanted:
        if (wrong := check_forecaster(wanted)) is None:
            state.forecasters[container] = wanted
        else:
            effects.notes.append(Refused("forecaster", f"{container}: {wrong}; the built-in forecaster is used"))
