"""Export instead of apply: what the engine wants of a cluster's workloads, as files for a repository."""
