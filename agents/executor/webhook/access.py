"""What the webhook may do: read intents, and register itself."""

from __future__ import annotations

from typing import Final

from agents.kubernetes.access import Right

_FOLLOW: Final = ("list", "watch")

RIGHTS: Final = (
    Right("apps", ("deployments", "statefulsets", "daemonsets"), _FOLLOW, "intents"),
    Right("batch", ("jobs", "cronjobs"), _FOLLOW, "intents"),
    Right("", ("nodes",), _FOLLOW, "node types, for DaemonSets' intents"),
    Right("", ("limitranges",), _FOLLOW, "a size out of bounds would stop the pod"),
    Right(
        "admissionregistration.k8s.io", ("mutatingwebhookconfigurations",), ("patch",), "registers itself",
        names=("trimtab",),
    ),
    Right(
        "admissionregistration.k8s.io", ("mutatingwebhookconfigurations",), ("create",),
        "the first time; RBAC knows no name of what is not there yet",
    ),
    Right("", ("secrets",), ("get", "update"), "its certificate, which its replicas share", ("trimtab-webhook",), True),
    Right("", ("secrets",), ("create",), "the first time; RBAC knows no name of what is not there yet", (), True),
)  # fmt: skip
