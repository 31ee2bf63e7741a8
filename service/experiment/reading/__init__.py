"""COUNTS → VERDICT: what came of an experiment, and how large one has to be. Pure.

counts     what is counted, and what maturity and the horizon are
anytime    intervals and e-values that stay good however often somebody looks: ours
fixed      intervals and tests for one fixed look: from statsmodels and scipy
health     did units fall to the arms as they should?
harm       guardrails, and when an arm is paused
comparing  one arm against the control
verdict    the code, the sentence, what to do
sentences  the words of it
report     the whole reading, as values and as JSON
planning   before the start: what can be found, and how long it takes
"""

from service.experiment.reading.counts import ArmCounts, Funnel, Harmed, Interval, Look, Tally
from service.experiment.reading.planning import Outlook, effect_within, weeks_for
from service.experiment.reading.report import Report, read
from service.experiment.reading.verdict import Judgement, Verdict, judge

__all__ = [
    "ArmCounts",
    "Funnel",
    "Harmed",
    "Interval",
    "Judgement",
    "Look",
    "Outlook",
    "Report",
    "Tally",
    "Verdict",
    "effect_within",
    "judge",
    "read",
    "weeks_for",
]
