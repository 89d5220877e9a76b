"""trimtab: a streaming decision engine that keeps Kubernetes containers at the right size."""

__version__ = "0.1.0"
