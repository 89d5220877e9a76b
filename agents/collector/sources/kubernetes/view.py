"""The cluster as the API server tells it: reflectors of all kinds that matter, and what changes when one changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from structlog.stdlib import get_logger

from agents.collector.sources.kubernetes import bounds, kept
from agents.collector.sources.kubernetes.index import Index, Workload, claims_names
from agents.collector.sources.kubernetes.kept import KeptPod
from agents.collector.sources.kubernetes.kept_nodes import KeptNode, keep_node
from agents.collector.sources.kubernetes.nodes import IN_PLACE, Nodes, at_least
from agents.collector.sources.kubernetes.owners import KeptOwner, keep_owner
from agents.collector.sources.kubernetes.policies import Policies
from agents.collector.sources.kubernetes.specs import Around, Row, rows_of
from agents.kubernetes import resources
from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from agents.kubernetes.reflector import Reflector, pause_s

PATIENCE_S: Final = 15.0
"""How long to wait, at the start, for kinds that are of use but that the account may not read."""
log = get_logger(__name__)

Changed = Callable[[KeptPod | None, KeptPod | None, Workload], None]


class View:
    """`pod_changed(before, after, workload)`: of each change of a pod, with the workload that it is of."""

    def __init__(self, api: Api, slots: int, pod_changed: Changed) -> None:
        self._api, self._pod_changed = api, pod_changed
        self.owners: dict[str, dict[str, KeptOwner]] = {}
        self.index = Index(slots, self.owners)
        self.policies = Policies()
        self.in_place = True
        of = partial(Reflector, api)
        self.pods = of(resources.PODS, kept.keep_pod, self._pod)
        self.node_list = of(resources.NODES, keep_node, self._node)
        self.nodes = Nodes(self.node_list.view)
        kinds = resources.OWNERS.items()
        self._owner_lists = [of(kind, keep_owner, partial(self._owner, name)) for name, kind in kinds]
        for name, reflector in zip(resources.OWNERS, self._owner_lists, strict=True):
            self.owners[name] = reflector.view
        self._namespaces = of(resources.NAMESPACES, kept.keep_namespace, self._namespace)
        self._limits = of(resources.LIMIT_RANGES, bounds.keep_limits, self._limit)
        self._quotas = of(resources.RESOURCE_QUOTAS, bounds.keep_quota, self._quota)
        self._scalers = of(resources.SCALERS, bounds.keep_scaler, self._scaler)
        self._limits_of = bounds.InNamespaces(self._limits.view)
        self._quotas_of = bounds.InNamespaces(self._quotas.view)
        self._scalers_of = bounds.InNamespaces(self._scalers.view)

    @property
    def reflectors(self) -> list[Reflector[Any, Any]]:
        return [*self._needed, self._namespaces, self._limits, self._quotas, self._scalers]

    @property
    def _needed(self) -> list[Reflector[Any, Any]]:
        """Without these no container has its name."""
        return [self.pods, self.node_list, *self._owner_lists]

    @property
    def current(self) -> bool:
        """Whether what it says of pods is of now; it is the last known when the API server is away."""
        return self.pods.problem is None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for reflector in self.reflectors:
                tasks.create_task(reflector.run())

    async def synced(self) -> None:
        """Returns when all is known that rosters need, and what else there is to know."""
        await self._ask_version()
        await asyncio.gather(*(reflector.synced.wait() for reflector in self._needed))
        others = [reflector for reflector in self.reflectors if reflector not in self._needed]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(each.synced.wait() for each in others)), PATIENCE_S)
        self.index.touch_all()

    async def _ask_version(self) -> None:
        failures = 0
        while True:
            try:
                said = msgspec.json.decode(await self._api.get("/version"))
            except ApiError as error:
                failures += 1
                log.log(30 if failures == 1 else 10, "api_server_away", why=str(error))
                await asyncio.sleep(pause_s(failures))
            else:
                self.in_place = at_least(said.get("gitVersion", ""), IN_PLACE)
                return

    def rows(self, workload: Workload) -> list[Row]:
        """Its rows, as of now."""
        pods = [self.pods.view[key] for key in self.index.pods_of(workload) if key in self.pods.view]
        name = self.index.name_of(workload)
        return rows_of(workload, name, pods, self.nodes, self._around(workload), self.policies)

    def _around(self, workload: Workload) -> Around:
        space = workload.namespace
        owner = self.owners.get(workload.kind, {}).get(f"{space}/{workload.name}")
        governs = (workload.kind, workload.name)
        return Around(
            limits=self._limits_of.of(space),
            quotas=self._quotas_of.of(space),
            scalers=[each for each in self._scalers_of.of(space) if (each.kind, each.name) == governs],
            annotations=[self._namespaces.view.get(space, ()), () if owner is None else owner.annotations],
            template=self._template(workload, owner),
            in_place=self.in_place,
        )

    def _template(self, workload: Workload, owner: KeptOwner | None) -> str:
        """The owner's; of a CronJob that of its last Job."""
        if owner is None or owner.template or workload.kind != "CronJob":
            return "" if owner is None else owner.template
        pods = [self.pods.view[key] for key in self.index.pods_of(workload) if key in self.pods.view]
        newest = max(pods, key=lambda pod: (pod.created_s, pod.name), default=None)
        if newest is None or newest.owner is None:
            return ""
        job = self.owners["Job"].get(f"{workload.namespace}/{newest.owner.name}")
        return "" if job is None else job.template

    def _pod(self, key: str, before: KeptPod | None, after: KeptPod | None) -> None:
        self.index.pod(key, before, after)
        if self.nodes.daemon(key, before, after):
            self.nodes.forget()  # rows of others see it when they change next, or with the nodes
        workload = self.index.workload_of(key)
        if workload is not None:
            self._pod_changed(before, after, workload)

    def _owner(self, kind: str, key: str, before: KeptOwner | None, after: KeptOwner | None) -> None:
        claimed, claims = claims_names(kind, before), claims_names(kind, after)
        if claimed != claims:
            self.index.claim(kind, key, int(claims) - int(claimed))
        self.index.owner(kind, key, self.pods.view)

    def _node(self, _: str, before: KeptNode | None, after: KeptNode | None) -> None:
        self.nodes.forget()
        self.index.touch_all()

    def _namespace(self, key: str, _: object, __: object) -> None:
        self.index.touch_namespace(key)

    def _limit(self, key: str, _: object, __: object) -> None:
        self.index.touch_namespace(self._limits_of.follow(key))

    def _quota(self, key: str, _: object, __: object) -> None:
        self.index.touch_namespace(self._quotas_of.follow(key))

    def _scaler(self, key: str, before: bounds.KeptScaler | None, after: bounds.KeptScaler | None) -> None:
        namespace = self._scalers_of.follow(key)
        for scaler in (before, after):
            if scaler is not None:
                self.index.touch(Workload(namespace, scaler.kind, scaler.name))


