"""Faults on real Kafka with real processes: whatever dies, the outcome is the pure fold of the recorded log."""
