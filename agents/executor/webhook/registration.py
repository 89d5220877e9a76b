"""The MutatingWebhookConfiguration: which pods the API server asks about, and where."""

from __future__ import annotations

import base64
from typing import Any, Final

from agents.executor.kubernetes.evict import WEBHOOK
from agents.executor.kubernetes.intent import MANAGER
from agents.executor.webhook.admission import PATH
from agents.kubernetes.connection import APPLY_PATCH, Api

TIMEOUT_S: Final = 1
"""After so long the API server goes on without an answer; the least that it takes."""


def configuration(client: dict[str, Any], authority: bytes) -> dict[str, Any]:
    """`client`: a service or a url. Pods of nobody are not asked about, and the webhook failing stops no pod."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": MANAGER},
        "webhooks": [
            {
                "name": "pods.trimtab.io",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Ignore",
                "timeoutSeconds": TIMEOUT_S,
                "reinvocationPolicy": "IfNeeded",
                "clientConfig": {**client, "caBundle": base64.b64encode(authority).decode()},
                "matchConditions": [{"name": "controlled", "expression": "has(object.metadata.ownerReferences)"}],
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                        "scope": "Namespaced",
                    }
                ],
            }
        ],
    }


def at_service(namespace: str, name: str, port: int) -> dict[str, Any]:
    return {"service": {"namespace": namespace, "name": name, "path": PATH, "port": port}}


def at_url(url: str) -> dict[str, Any]:
    return {"url": url.rstrip("/") + PATH}


async def register(api: Api, client: dict[str, Any], authority: bytes) -> None:
    """By server-side apply: as often as one likes. Raises ApiError."""
    body = configuration(client, authority)
    await api.request("PATCH", WEBHOOK, {"fieldManager": MANAGER, "force": "true"}, body, APPLY_PATCH)
