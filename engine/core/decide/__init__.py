"""The decision: which size each container should have now, with its evidence, and whether it may be commanded.

    facts ─▶ gates (may it change?) ─▶ sizing, stepped ─▶ fitting ─▶ proposals ─▶ dispositions ─▶ publish:
                                                                                        decisions, commands

Facts hold the `bounds` and the `circumstances`: leaks, runs, rollouts, the owner's terms. `close` is the slow path at
the end of a bucket, `urgent` the fast path on each batch, `approval` a person's word; `fitting` ends them all.
"""

from engine.core.decide.approval import approve
from engine.core.decide.cadence import decides_at
from engine.core.decide.close import decide_at_close, decide_between_runs
from engine.core.decide.displaced import decide_displaced
from engine.core.decide.judged import JudgementRows
from engine.core.decide.judging import watch
from engine.core.decide.money import savings
from engine.core.decide.oom import observe_need
from engine.core.decide.parameters import SizingParameters
from engine.core.decide.peaks import observe_peaks
from engine.core.decide.proposals import Verdicts
from engine.core.decide.risk import count_above
from engine.core.decide.runs import observe_runs
from engine.core.decide.state import DecideRows
from engine.core.decide.trust import note_near_misses
from engine.core.decide.urgent import decide_urgent
from engine.core.decide.window import decide_at_window

__all__ = [
    "DecideRows",
    "JudgementRows",
    "SizingParameters",
    "Verdicts",
    "approve",
    "count_above",
    "decide_at_close",
    "decide_at_window",
    "decide_between_runs",
    "decide_displaced",
    "decide_urgent",
    "decides_at",
    "note_near_misses",
    "observe_need",
    "observe_peaks",
    "observe_runs",
    "savings",
    "watch",
]
