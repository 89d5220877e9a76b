"""A real Kubernetes control plane on this machine, without containers: for tests, the demo and developers."""
