"""What an admission changes of a new pod: pure. Without an intent, or in doubt, the pod stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from agents.executor.guard import differences
from agents.executor.kubernetes.bounded import outside_limits
from agents.executor.kubernetes.intent import Applied, key_of, text_of
from agents.executor.kubernetes.objects import Body, sized, stated
from agents.kubernetes.bounds import Limits
from agents.kubernetes.pods import Pod
from agents.kubernetes.sizes import quality_of_service, resources_of
from engine.messages import Size
from engine.units import RESOURCES

Intents = Mapping[str, Applied]
"""By container."""
KINDS: Final = ("containers", "initContainers")


def patch_of(pod: Body, intents: Intents, limits: Sequence[Limits]) -> list[Body]:
    """A JSON patch; empty where the pod stays as it is.

    A container whose size is neither that which the intent was written over nor its own was set by someone since:
    that stands. So does everything where the class of quality of service would change, or a LimitRange be broken.
    """
    read = msgspec.json.decode(msgspec.json.encode(pod), type=Pod)  # a part stays raw, which only bytes can
    before = {each.name: stated(each.resources) for each in (*read.spec.containers, *read.spec.init_containers)}
    running = {each.name for each in sized(read.spec)}
    chosen = {
        name: intent for name, intent in intents.items() if name in running and _still_meant(intent, before[name])
    }
    after = {**before, **{name: intent.size for name, intent in chosen.items()}}
    if not chosen or _forbidden(before, after, chosen, limits):
        return []
    return [*_resources(pod, chosen, before), *_annotations(pod, chosen)]


def _still_meant(intent: Applied, size: Size) -> bool:
    return intent.over is None or not differences(size, intent.over) or not differences(size, intent.size)


def _forbidden(
    before: Mapping[str, Size], after: Mapping[str, Size], chosen: Intents, limits: Sequence[Limits]
) -> bool:
    kept = quality_of_service([*before.values()]) == quality_of_service([*after.values()])
    anew = any(intent.by for intent in chosen.values())  # then the engine weighed it
    outside = (outside_limits(each, after[name], [[*after.values()]]) for each in limits for name in chosen)
    return not (kept or anew) or any(text is not None for text in outside)


def _resources(pod: Body, chosen: Intents, before: Mapping[str, Size]) -> list[Body]:
    operations = []
    for kind in KINDS:
        for place, container in enumerate(pod["spec"].get(kind) or []):
            intent = chosen.get(container["name"])
            if intent is not None and differences(before[container["name"]], intent.size):
                value = _with_size(container.get("resources") or {}, intent.size)
                operations.append({"op": "add", "path": f"/spec/{kind}/{place}/resources", "value": value})
    return operations


def _with_size(resources: Body, size: Size) -> Body:
    """CPU and memory are the size's, whole; other resources and claims stay."""
    changed = dict(resources)
    for plural, amounts in resources_of(size).items():
        others = {name: amount for name, amount in (resources.get(plural) or {}).items() if name not in RESOURCES}
        if merged := {**others, **amounts}:
            changed[plural] = merged
        else:
            changed.pop(plural, None)
    return changed


def _annotations(pod: Body, chosen: Intents) -> list[Body]:
    said = {key_of(name): text_of(replace(intent, before=None, over=None)) for name, intent in chosen.items()}
    there: dict[str, Any] | None = pod.get("metadata", {}).get("annotations")
    if there is None:
        return [{"op": "add", "path": "/metadata/annotations", "value": said}]
    return [
        {"op": "add", "path": f"/metadata/annotations/{key.replace('~', '~0').replace('/', '~1')}", "value": text}
        for key, text in said.items()
    ]
