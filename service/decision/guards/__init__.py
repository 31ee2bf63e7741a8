"""The contact policy at work: what no playbook can loosen.

verdict    what one guard says
standing   the guards that nobody can switch off
binding    which rows hold for a prospect
allowance  rows about who may be contacted at all: consent, lists, refusals
gates      rows about when: hours, caps, gaps, holidays, absences
together   the first moment at which several gates are open
judge      every guard, on one step
examples   the cases inside a policy or a pack of laws
"""

from service.decision.guards.binding import Guards, make_guards
from service.decision.guards.judge import Judged, judge
from service.decision.guards.standing import opted_out
from service.decision.guards.verdict import Verdict

__all__ = ["Guards", "Judged", "Verdict", "judge", "make_guards", "opted_out"]
