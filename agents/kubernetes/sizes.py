"""Sizes as Kubernetes writes them: `resources` of a container, and a Size."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import UserError
from engine.messages import Size
from engine.quantity import parse_amount, whole_millicores
from engine.units import CPU, MEMORY, RESOURCES

Quantities = Mapping[str, str]
KINDS = (("request", "requests"), ("limit", "limits"))


def size_of(requests: Quantities, limits: Quantities) -> Size:
    """What a container states. A request that is left out is its limit, as the API server has it.

    A quantity that no machine can have (the API server takes any) counts as not set.
    """
    amounts = {
        f"{resource}_{kind}": _amount(stated.get(resource), number)
        for number, resource in enumerate(RESOURCES)
        for kind, stated in (("request", {**limits, **requests}), ("limit", limits))
    }
    return Size(**amounts)


def resources_of(size: Size) -> dict[str, dict[str, str | None]]:
    """The body of a patch: CPU in whole millicores, memory in bytes. What is not set is left as it is.

    >>> resources_of(Size(cpu_request=0.25, memory_request=2**20))
    {'requests': {'cpu': '250m', 'memory': '1048576'}, 'limits': {}}
    """
    body: dict[str, dict[str, str | None]] = {"requests": {}, "limits": {}}
    for number, resource in enumerate(RESOURCES):
        for kind, plural in KINDS:
            amount = getattr(size, f"{resource}_{kind}")
            if amount is not None:
                body[plural][resource] = quantity(amount, number)
    return body


def quantity(amount: float, resource: int) -> str:
    """One amount, rounded up to what the kubelet can set."""
    return f"{whole_millicores(amount)}m" if resource == CPU else str(round(amount))


def quality_of_service(sizes: list[Size]) -> str:
    """Class of a pod by the sizes of its containers, which never changes in its life.

    https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
    """
    stated = [amount for size in sizes for amount in _amounts(size)]
    if all(amount is None for amount in stated):
        return "BestEffort"
    whole = all(
        request is not None and request == limit
        for size in sizes
        for request, limit in ((size.cpu_request, size.cpu_limit), (size.memory_request, size.memory_limit))
    )
    return "Guaranteed" if whole else "Burstable"


def _amounts(size: Size) -> tuple[float | None, ...]:
    return size.cpu_request, size.cpu_limit, size.memory_request, size.memory_limit


def _amount(text: str | None, resource: int) -> float | None:
    if text is None:
        return None
    try:
        return parse_amount(text, resource) or None
    except UserError:
        return None


__all__ = ["CPU", "MEMORY", "quality_of_service", "quantity", "resources_of", "size_of"]
