"""Beside the Vertical Pod Autoscaler on one cluster."""
