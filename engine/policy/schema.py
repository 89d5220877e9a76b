"""The JSON Schema of a policy file, for editors: made from the types that are read, and the forms in which they are."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.policy.document import PolicyFile
from engine.policy.forms import FORMS
from engine.policy.shapes import SHAPES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """What is accepted by it may still be refused by `read_policy`, which knows time zones and compares values."""
    schema = msgspec.json.schema(PolicyFile)
    definitions = schema["$defs"]
    for kind, shape in SHAPES.items():
        keys = msgspec.json.schema(shape.keys)["$defs"][shape.keys.__name__]
        definitions[kind.__name__] = {"anyOf": [keys, shape.text]} if shape.text else keys
    found = _as_written(schema)
    assert isinstance(found, dict)
    return {"$schema": DIALECT, "title": "trimtab's policy file", **found}


def _as_written(part: Any) -> Any:
    """Values in the forms in which people write them; keys that are not known are refused."""
    if isinstance(part, list):
        return [_as_written(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "written" in part:
        return FORMS[part["written"]].schema
    found = {key: _as_written(value) for key, value in part.items()}
    if "description" in found and isinstance(found["description"], str):
        found["description"] = " ".join(found["description"].split())
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].replace(r"\Z", "$")  # JSON Schema's expressions are those of JavaScript
    if "properties" in found:
        found["additionalProperties"] = False
    return found
