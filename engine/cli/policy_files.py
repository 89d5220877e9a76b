"""Policy files and manifests, read for a command: all problems are printed, and then it ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from engine.errors import UserError
from engine.policy import PolicyFile, Problem, Workload, read_manifest, read_policy
from engine.sheets import read_text


def read_file(path: Path) -> tuple[PolicyFile, Mapping[str, int]]:
    """The file, and the line of each path in it. Raises UserError after all problems were printed."""
    found = read_policy(read_text(path))
    forecasters = [] if found.file is None else _forecasters(found.file, found.lines)
    _refuse(path, [*found.problems, *forecasters])
    assert found.file is not None
    return found.file, found.lines


def read_workloads(path: Path) -> list[Workload]:
    """Raises UserError after all problems were printed."""
    workloads, problems = read_manifest(read_text(path))
    _refuse(path, problems)
    return workloads


def summary_of(file: PolicyFile) -> str:
    stated = sum(getattr(file.defaults, name) is not None for name in file.defaults.__struct_fields__)
    parts = [counted(stated, "default"), counted(len(file.rules), "rule"), counted(len(file.budgets), "budget")]
    return ", ".join(parts) + (f", for cluster {file.cluster}" if file.cluster else "")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _refuse(path: Path, problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(problem.told(str(path)), err=True)
    if problems:
        raise UserError(f"{path} has {counted(len(problems), 'problem')}")


def _forecasters(file: PolicyFile, lines: Mapping[str, int]) -> list[Problem]:
    """Forecasters that river does not have, or not with these parameters."""
    places = {"defaults": file.defaults} | {f"rules[{n}].policy": rule.policy for n, rule in enumerate(file.rules)}
    wanted = {f"{path}.forecaster": policy.forecaster for path, policy in places.items() if policy.forecaster}
    if not wanted:
        return []
    from engine.core.forecast import check_forecaster  # noqa: PLC0415  (slow to import)

    said = {path: check_forecaster(forecaster) for path, forecaster in wanted.items()}
    return [Problem(lines[path], 1, wrong, path) for path, wrong in said.items() if wrong is not None]
