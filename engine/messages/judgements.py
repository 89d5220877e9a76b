"""What became of a decision: the second kind of the topic `decisions`, under the decision's id."""

from __future__ import annotations

from msgspec import Struct

from engine.messages.common import ClusterName, Count, Seconds, written_version
from engine.messages.decisions import Action, Decision


class ResourceJudgement(Struct, frozen=True, omit_defaults=True):
    """How one resource was used beside the decision's request: `short_share` of the buckets had a peak above it.

    `peak_share`: the highest sample as a share of that request, in whole percent, 2.55 at most; absent without a
    request or a sample.
    """

    short_share: float = 0.0
    peak_share: float | None = None


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="judgement"):
    """Whether a change of size was right. `id` is that of its decision, which is judged once.

    `right` is None where it was replaced before any bucket could tell. `applied`: an executor set the size; else the
    judgement is about what would have been. It took effect at `time_s`, and `buckets` buckets were looked at until
    `judged_s`.
    Money is USD a month: `promised_usd` by the change; `realised_usd`, what the requests then really cost less than
    before; `better_usd`, how much less than staying it cost, shortage priced in.
    """

    version: str = written_version()
    id: str
    cluster: ClusterName
    slot: Count
    container: str
    action: Action
    applied: bool = False
    time_s: Seconds
    judged_s: Seconds
    right: bool | None = None
    buckets: Count = 0
    cpu: ResourceJudgement = ResourceJudgement()
    memory: ResourceJudgement = ResourceJudgement()
    promised_usd: float = 0.0
    realised_usd: float = 0.0
    better_usd: float = 0.0
    text: str = ""


AnyDecision = Decision | Judgement


def record_id(said: AnyDecision) -> str:
    """Tells the records of the topic apart: a decision's id, and `judgement/` before it for what became of it."""
    return f"judgement/{said.id}" if isinstance(said, Judgement) else said.id
