"""What people write: the policy file and the annotations of workloads, read, checked, and told by line and column.

    text ─▶ YAML nodes ─▶ reader (types of `messages`, forms, shapes) ─▶ rules (what values must be to each other)
"""

from engine.policy.annotations import PREFIX, read_annotations
from engine.policy.document import Found, PolicyFile, Problem
from engine.policy.file import read_budgets, read_policy
from engine.policy.manifest import Workload, read_manifest
from engine.policy.namespace_budget import NamespaceBudget
from engine.policy.schema import policy_schema

__all__ = [
    "PREFIX",
    "Found",
    "NamespaceBudget",
    "PolicyFile",
    "Problem",
    "Workload",
    "policy_schema",
    "read_annotations",
    "read_budgets",
    "read_manifest",
    "read_policy",
]
