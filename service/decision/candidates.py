"""The steps that could be the answer, best first."""

from operator import attrgetter
from typing import NamedTuple

from service.decision.ready import Ready
from service.decision.reasoning import Reasoned
from service.playbook.diagnostics import START
from service.playbook.rules import Play, Step
from service.playbook.ruleset import END, CompiledRule

_preference = attrgetter("play")
_NO_PLAY = "No play of the playbook applies."


class Candidate(NamedTuple):
    """A step, and the rule and play that propose it (None: `otherwise`, or nothing did)."""

    step: Step
    rule: CompiledRule | None = None
    play: Play | None = None

    @property
    def label(self) -> str:
        """The candidate in words: the play, and the step of a sequence."""
        if self.rule is None or self.play is None:
            return "otherwise"
        if not self.play.is_sequence:
            return self.play.name
        here = "end" if self.rule.step == END else f"step {self.rule.step + 1}"
        return f"{self.play.name}, {here}"


def candidates(ready: Ready, reasoned: Reasoned) -> list[Candidate]:
    """Every step that a play proposes, in the order of preference; `otherwise` comes last."""
    plays = ready.ruleset.plays
    found = []
    for rule in sorted([r for r in reasoned.fired if r.role == "play"], key=_preference):
        play = plays[rule.play]
        step = plain_step("stop", play.because) if rule.step == END else play.steps[rule.step]
        found.append(Candidate(step, rule, play))
    otherwise = ready.ruleset.otherwise
    if otherwise is not None:
        found.append(Candidate(otherwise))
    return found or [Candidate(plain_step("wait", _NO_PLAY))]


def plain_step(action: str, because: str, facts_needed: tuple[str, ...] = ()) -> Step:
    """A step of our own that contacts nobody."""
    return Step(action, None, None, None, "any_time", (), facts_needed, because, START)
