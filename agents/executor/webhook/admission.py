"""Reviews of the API server, answered: every pod is allowed, some with a patch. So it is when anything fails.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

import base64
import time
from typing import Any, Final, Literal

import msgspec
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram

from agents.executor.webhook.intents import ClusterIntents
from agents.executor.webhook.sizing import patch_of

Result = Literal["sized", "as_it_is", "no_intent", "not_synced", "error"]
PATH: Final = "/pods"
BUCKETS_S: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 1.0)
log = structlog.get_logger()


class WebhookTelemetry:
    """Counts and times of one webhook."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.admissions = Counter(
            "trimtab_webhook_admissions",
            "Pods admitted by result: sized; as_it_is (what others set, a class or a LimitRange stands against it); "
            "no_intent; not_synced (the view of owners is not whole yet); error.",
            ["result"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "trimtab_webhook_admission_duration_seconds",
            "From the whole review to its answer.",
            buckets=BUCKETS_S,
            registry=self.registry,
        )


class Admission:
    """Handles one path."""

    def __init__(self, intents: ClusterIntents, telemetry: WebhookTelemetry) -> None:
        self._intents = intents
        self._telemetry = telemetry

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        started_s = time.perf_counter()
        try:
            review: dict[str, Any] = msgspec.json.decode(body)
            uid = str(review["request"]["uid"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return web.Response(status=400, text="expected an AdmissionReview\n")
        result, patch = await self._decide(review["request"])
        self._telemetry.admissions.labels(result).inc()
        answer = msgspec.json.encode(_answer(uid, patch))
        self._telemetry.duration.observe(time.perf_counter() - started_s)
        return web.Response(body=answer, content_type="application/json")

    async def _decide(self, asked: dict[str, Any]) -> tuple[Result, list[dict[str, Any]]]:
        if not self._intents.synced:
            return "not_synced", []
        try:
            pod, namespace = asked["object"], asked.get("namespace", "")
            await self._intents.catch_up(pod)
            intents = self._intents.of(pod, namespace)
            if not intents:
                return "no_intent", []
            patch = patch_of(pod, intents, self._intents.limits(namespace))
        except Exception as error:
            log.error("admitted as it is", error=repr(error), namespace=asked.get("namespace"))
            return "error", []
        return ("sized" if patch else "as_it_is"), patch


def _answer(uid: str, patch: list[dict[str, Any]]) -> dict[str, Any]:
    response: dict[str, Any] = {"uid": uid, "allowed": True}
    if patch:
        text = base64.b64encode(msgspec.json.encode(patch)).decode()
        response |= {"patchType": "JSONPatch", "patch": text}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
