"""The published JSON Schema: it is what the types say, and accepts what `trimtab policy check` accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from engine.policy import policy_schema, read_policy

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "engine" / "policy" / "example.yaml"


class Yaml12(yaml.SafeLoader):
    """As editors read it: only true and false are truth values, dates and 22:00 are text."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith((":timestamp", ":int", ":float", ":bool"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for tag, pattern, first in (
    ("bool", r"^(true|false)$", "tf"), ("int", r"^-?[0-9]+$", "-0123456789"),
    ("float", r"^-?[0-9]*\.[0-9]+$", "-.0123456789"),
):  # fmt: skip
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def accepted(text: str) -> bool:
    document: Any = yaml.load(text, Loader=Yaml12)
    return bool(jsonschema.Draft202012Validator(policy_schema()).is_valid(document))


def test_the_published_file_is_made_from_the_types() -> None:
    """`trimtab policy schema > docs/policy.schema.json` writes it anew."""
    published = (ROOT / "docs" / "policy.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(policy_schema(), indent=2) + "\n"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())
    assert '"written"' not in json.dumps(policy_schema())


def test_the_example_is_accepted_by_both() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert read_policy(text).problems == []
    assert accepted(text)


GOOD = [
    "risk: 0.5%", "risk: 0.005", "risk: {cpu: 1%}", "floor: {cpu: 2, memory: 1Gi}", "floor: {cpu: 0.5}",
    "windows: [mon-fri 22:00-06:00 UTC]", "windows: [{days: [mon], from: 22:00, to: 06:00, time_zone: UTC}]",
    "windows: [{days: mon-fri, from: 6:00, to: 24:00, time_zone: UTC}]", "cpu_limit: none", "cpu_limit: {ratio: 2}",
    "restart: {allowed: true, most_a_day: 3, not_before: 2026-12-27}", "families: [m5]", "protected: true",
    "restart: {cost_usd: 0.4}", "restart: {cost_usd: 0}",
    "forecaster: {model: HoltWinters, parameters: {alpha: 0.3}}", "autopilot: full", "autopilot:",
]  # fmt: skip
BAD = [
    "risk: 50", "risk: much", "floor: {cpu: x}", "floor: {cpu_request: 1}", "windows: 3", "windows: [{from: 22:00}]",
    "cpu_limit: some", "cpu_limit: {ratio: 0.5}", "restart: {allowed: maybe}", "families: m5", "protected: 1",
    "restart: {cost_usd: -1}",
    "autopilot: ful", "autopilt: full", "moves_a_day: -1",
]  # fmt: skip


@pytest.mark.parametrize("field", GOOD)
def test_what_check_accepts_the_schema_accepts(field: str) -> None:
    text = f"version: 1\ndefaults:\n  {field}\n"
    assert read_policy(text).problems == []
    assert accepted(text)


@pytest.mark.parametrize("field", BAD)
def test_what_is_of_a_wrong_form_both_refuse(field: str) -> None:
    text = f"version: 1\ndefaults:\n  {field}\n"
    assert read_policy(text).problems != []
    assert not accepted(text)
