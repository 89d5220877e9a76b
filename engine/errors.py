"""Errors that trimtab raises, as a tree.

    TrimtabError
    ├── UserError            wrong settings, absent broker, bad file: one clear sentence, exit code 2
    ├── ContractError        a message that breaks its contract
    │   ├── MalformedError   does not parse, or a field is of the wrong type
    │   └── VersionError     a major version of the schema that this program does not know
    └── StateError           a row of state that cannot be used: corrupt, or of an unknown version
"""

from __future__ import annotations


class TrimtabError(Exception):
    """Root of the tree."""


class UserError(TrimtabError):
    """Something that the person at the keyboard can mend. The text is one sentence, shown without a traceback."""


class ContractError(TrimtabError):
    """A message that breaks its contract. `reason` is the code used in dead letters and metrics."""

    reason = "contract"


class MalformedError(ContractError):
    """Does not parse, or a field is missing or of the wrong type: says expected, got, at which path."""

    reason = "malformed"


class VersionError(ContractError):
    """A major version of the schema that this program does not know."""

    reason = "unknown_version"


class StateError(TrimtabError):
    """A row of state that cannot be used: corrupt, or written by a newer engine."""
