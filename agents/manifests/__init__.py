"""Manifests that are generated: RBAC, from the rights that each agent states."""
