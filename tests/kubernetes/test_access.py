"""Least privilege, on a real API server: the accounts of our manifests may do what the agents do, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agents.kubernetes.connection import JSON, Api
from agents.kubernetes.errors import ApiError
from agents.manifests.rbac import AGENTS, account
from engine.control_plane.client import until
from engine.control_plane.development import DevelopmentCluster
from tests.kubernetes.asked import Asked, Request, recorded
from tests.kubernetes.manifests import path_of, resolve
from tests.kubernetes.scenarios import collect, execute

pytestmark = pytest.mark.kubernetes
KUBELET = Asked("", "nodes/metrics", "get")
"""Not asked of the API server by the agent: the kubelet does, about the agent. The test's kubelets do not."""
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def granted(agent: str) -> set[Asked]:
    """By the code; that the committed rules are of it is a test in tests/operations."""
    return {
        Asked(right.group, name, verb) for right in AGENTS[agent] for name in right.resources for verb in right.verbs
    }


ALL = [(agent, each) for agent in AGENTS for each in sorted(granted(agent))]


@pytest.fixture(scope="module")
def installed(cluster: DevelopmentCluster) -> Iterator[DevelopmentCluster]:
    """With the accounts and roles of all agents."""
    roles = ("Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    made = [each for each in resolve("full") if each["kind"] in roles]
    for each in made:
        cluster.client.apply(path_of(each), each)
    yield cluster
    for each in reversed(made):
        cluster.client.delete(path_of(each))


@pytest.fixture(scope="module")
def requests(installed: DevelopmentCluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Request]]:
    """Of each agent's scenario, which passes."""
    by_agent = {agent: installed.access.of_service_account("trimtab", account(agent)) for agent in AGENTS}
    client, folder = installed.client, tmp_path_factory.mktemp("access")
    client.create("/api/v1/namespaces", {"metadata": {"name": "seen"}})
    try:
        with recorded(pytest.MonkeyPatch()) as made:
            asyncio.run(collect(installed, by_agent["collector"], "seen"))
            asyncio.run(execute(installed.kubeconfig, by_agent["executor"], by_agent["webhook"], folder))
    finally:
        client.delete("/api/v1/namespaces/seen")
    return {agent: [each for each in made if each.account == account(agent)] for agent in AGENTS}


@pytest.mark.parametrize("agent", AGENTS)
def test_sufficient_and_no_more_than_is_used(requests: dict[str, list[Request]], agent: str) -> None:
    """The scenario passes with no request refused, and makes use of every verb of every rule."""
    assert [each for each in requests[agent] if each.status in (401, 403)] == []
    used = {each.asked for each in requests[agent]} | ({KUBELET} if agent == "collector" else set())
    assert used == granted(agent)


@pytest.mark.parametrize(("agent", "without"), ALL, ids=lambda each: each if isinstance(each, str) else "-".join(each))
def test_each_verb_is_needed(
    installed: DevelopmentCluster, requests: dict[str, list[Request]], agent: str, without: Asked
) -> None:
    """A request of the scenario is refused by a role without the verb, and none is with it."""
    roles = [each for each in resolve(agent) if each["kind"] in ("ClusterRole", "Role")]
    try:
        for role in roles:
            rules = [less for rule in role["rules"] for less in _less(rule, without)]
            installed.client.patch(path_of(role), {"rules": rules})
        assert until(lambda: not _may(installed, agent, without), timeout_s=5.0)
        if without != KUBELET:
            made = next(each for each in requests[agent] if each.asked == without)
            assert _send(installed, agent, made.method, made.path, made.parameters, made.body, made.content_type) == 403
    finally:
        for role in roles:
            installed.client.patch(path_of(role), {"rules": role["rules"]})
    assert until(lambda: _may(installed, agent, without), timeout_s=5.0)


def test_each_verb_that_is_not_granted_is_refused(installed: DevelopmentCluster) -> None:
    """All verbs on all resources and subresources of the API, in the accounts' own namespace, where they may most."""
    every = {Asked(group, name, verb) for group, name in _resources(installed) for verb in VERBS}
    every |= {Asked("", name, "create") for name in ("pods/exec", "pods/attach", "pods/portforward", "nodes/proxy")}
    every |= {Asked("", "nodes/proxy", "get"), Asked("", "users", "impersonate")}
    assert len(every) > 500
    for agent in AGENTS:
        rules = _rules(installed, agent)
        beyond = {each for each in every if any(_covers(rule, each) for rule in rules)} - granted(agent)
        assert {each for each in beyond if each.group not in _OF_EVERYONE} == set(), agent
        for each in (Asked("", "secrets", "list"), Asked("", "pods", "create"), Asked("", "pods", "delete")):
            assert not _may(installed, agent, each)
        for path in ("/api/v1/namespaces/trimtab/secrets/other", "/api/v1/namespaces/default/secrets/trimtab-webhook",
                     "/apis/coordination.k8s.io/v1/namespaces/default/leases/other",
                     "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/other"):  # fmt: skip
            assert _send(installed, agent, "GET", path) == 403, (agent, path)
        assert _may(installed, agent, Asked("", "secrets", "get")) == (agent == "webhook")


_OF_EVERYONE = ("authentication.k8s.io", "authorization.k8s.io")
"""Any account may ask what it may do and who it is."""


def _less(rule: dict[str, Any], without: Asked) -> list[dict[str, Any]]:
    """The rule without one verb on one resource: in two rules, where it is of several."""
    if without.group not in rule["apiGroups"] or without.resource not in rule["resources"]:
        return [rule]
    others = [each for each in rule["resources"] if each != without.resource]
    verbs = [each for each in rule["verbs"] if each != without.verb]
    split = [{**rule, "resources": others}, {**rule, "resources": [without.resource], "verbs": verbs}]
    return [each for each in split if each["resources"] and each["verbs"]]


def _user(agent: str) -> dict[str, Any]:
    groups = ["system:serviceaccounts", "system:serviceaccounts:trimtab", "system:authenticated"]
    return {"user": f"system:serviceaccount:trimtab:{account(agent)}", "groups": groups}


def _may(cluster: DevelopmentCluster, agent: str, each: Asked) -> bool:
    """In its own namespace, of an object with the name that its rules have."""
    resource, _, subresource = each.resource.partition("/")
    name = {"secrets": "trimtab-webhook", "mutatingwebhookconfigurations": "trimtab"}.get(resource, "")
    attributes = {
        "namespace": "trimtab", "verb": each.verb, "group": each.group, "resource": resource,
        "subresource": subresource, "name": "" if each.verb in ("create", "list") else name,
    }  # fmt: skip
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    body = {**review, "spec": {**_user(agent), "resourceAttributes": attributes}}
    answer = cluster.client.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", body)
    return bool(answer["status"]["allowed"])


def _send(
    cluster: DevelopmentCluster, agent: str, method: str, path: str,
    parameters: dict[str, str] | None = None, body: Any = None, content_type: str = JSON,
) -> int:  # fmt: skip
    """The status of the answer to the agent's own token."""

    async def send() -> int:
        api = await Api.open(cluster.access.of_service_account("trimtab", account(agent)))
        try:
            await api.request(method, path, parameters, body, content_type)
        except ApiError as error:
            return error.status
        finally:
            await api.close()
        return 200

    return asyncio.run(send())


def _resources(cluster: DevelopmentCluster) -> Iterator[tuple[str, str]]:
    """(group, resource) of all that the API server has."""
    groups = cluster.client.get("/apis")["groups"]
    named = [(each["name"], f"/apis/{each['preferredVersion']['groupVersion']}") for each in groups]
    for group, path in [("", "/api/v1"), *named]:
        yield from ((group, each["name"]) for each in cluster.client.get(path)["resources"])


def _rules(cluster: DevelopmentCluster, agent: str) -> list[dict[str, Any]]:
    """What the API server itself says that the account may, from all roles that it knows."""
    kubeconfig = cluster.access.of_service_account("trimtab", account(agent))

    async def ask() -> list[dict[str, Any]]:
        api = await Api.open(kubeconfig)
        body = {"spec": {"namespace": "trimtab"}}
        content = await api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body=body)
        await api.close()
        status = msgspec.json.decode(content)["status"]
        assert not status["incomplete"]
        rules: list[dict[str, Any]] = status["resourceRules"]
        return rules

    return asyncio.run(ask())


def _covers(rule: dict[str, Any], each: Asked) -> bool:
    named = (each.group, "apiGroups"), (each.resource, "resources"), (each.verb, "verbs")
    return all({"*", word} & {*rule.get(key, ())} for word, key in named)
