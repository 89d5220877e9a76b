"""Whose word a workload's sizes are: what others have set since our intent, and whether ours is finished. Pure."""

from __future__ import annotations

from typing import Final

from agents.executor.guard import differences
from agents.executor.kubernetes import template
from agents.executor.kubernetes.circumstances import Word
from agents.executor.kubernetes.intent import MANAGER, Applied
from agents.executor.kubernetes.live import Live
from agents.executor.kubernetes.managed import Writer, last_write, resources_path, writer_of
from agents.executor.kubernetes.objects import LivePod, is_sidecar, template_steps

UNDER_WAY_S: Final = 1800.0


def later_word(live: Live, now_s: float, yield_s: float) -> Word | None:
    """What someone else set of the container since our intent: in the owner's template, or in a pod."""
    intent = live.intent
    if intent is None:
        return None
    said = _word_of_template(live, intent, now_s)
    words = (said, *(_word_of(pod, live) for pod in live.pods))
    return next((word for word in words if word is not None and now_s < word.at + yield_s), None)


def unfinished(live: Live, now_s: float, yield_s: float) -> bool:
    """A replica has another size than the intent, or its rollout is under way; and no one else has spoken since."""
    intent = live.intent
    if intent is None:
        return False
    if intent.by == template.WAY and template.rollout(live.owner) != "complete":
        return True
    return any(differences(size, intent.size) for size in live.sizes) and later_word(live, now_s, yield_s) is None


def under_way(live: Live, now_s: float, yield_s: float) -> str:
    """A command of the last half hour that is not finished; empty where there is none. Clocks may be minutes off."""
    intent = live.intent
    recent = intent is not None and abs(now_s - intent.at) < UNDER_WAY_S
    return intent.command if intent is not None and recent and unfinished(live, now_s, yield_s) else ""


def _word_of_template(live: Live, intent: Applied, now_s: float) -> Word | None:
    size, over = live.template_size, intent.over
    if size is None or over is None or live.is_bare:
        return None
    changed = differences(over, size)
    if not changed or not differences(size, intent.size):
        return None
    sidecar = is_sidecar(live.owner.template(), live.container)
    path = resources_path(live.container, *template_steps(live.owner.kind), sidecar=sidecar)
    writer = writer_of(live.owner.metadata.managed_fields, *path) or Writer("someone", now_s)
    return None if writer.manager == MANAGER else Word(writer.manager, writer.at, f"the template, {'; '.join(changed)}")


def _word_of(pod: LivePod, live: Live) -> Word | None:
    said, size = live.applied_to(pod), pod.size(live.container)
    if said is None or size is None or not (changed := differences(said.size, size)):
        return None
    path = resources_path(live.container, sidecar=is_sidecar(pod.spec, live.container))
    writer = writer_of(pod.metadata.managed_fields, *path)
    if writer is None or writer.manager == MANAGER or writer.at <= last_write(pod.metadata.managed_fields, MANAGER):
        return None  # it was annotated and not yet resized: ours to finish
    return Word(writer.manager, writer.at, f"pod {pod.metadata.name}, {'; '.join(changed)}")
