"""One container of a workload as it is now, with all of its replicas: a fresh read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from agents.executor.guard import differences
from agents.executor.kubernetes.intent import Applied, key_of, read
from agents.executor.kubernetes.objects import POD, LivePod, Owner
from engine.messages import Size


@dataclass(frozen=True)
class Live:
    """`pods` are those that run and have the container, by name; of a DaemonSet's row those on its type of node."""

    owner: Owner
    container: str
    node_type: str
    pods: tuple[LivePod, ...]

    @property
    def key(self) -> str:
        """Of the annotation on the owner."""
        return key_of(self.container, self.node_type)

    @property
    def pod_key(self) -> str:
        return key_of(self.container)

    @property
    def intent(self) -> Applied | None:
        return read(self.owner.metadata.annotations, self.key)

    def applied_to(self, pod: LivePod) -> Applied | None:
        return read(pod.metadata.annotations, self.pod_key)

    @cached_property
    def template_size(self) -> Size | None:
        return self.owner.template_size(self.container)

    @property
    def sizes(self) -> list[Size]:
        found = (pod.size(self.container) for pod in self.pods)
        return [size for size in found if size is not None]

    @property
    def size(self) -> Size | None:
        """That of the replicas; where they differ, the most frequent one that is not what they should have."""
        wanted = self.intent.size if self.intent is not None else self.template_size
        sizes = self.sizes
        if not sizes:
            return wanted
        astray = [size for size in sizes if wanted is None or differences(size, wanted)]
        return Counter(astray).most_common(1)[0][0] if astray else wanted

    @property
    def is_bare(self) -> bool:
        """A pod of nobody: it is its own owner, and its annotation the intent."""
        return self.owner.kind == POD
