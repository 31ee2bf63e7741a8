"""Whether every rule, row and play has a say, and every prospect an answer.

All of it is exact, for facts that are independent of one another: a rule that is said never
to fire cannot, one that is not said to can, and an example that is given is one. What stays
unknown in this sense is how facts hang together (`attempts` never exceeds `touches`) and how
two facts that are compared with each other stand to the constants around them.
"""

from collections.abc import Iterable, Iterator

from service.playbook.diagnostics import START, Diagnostic
from service.playbook.reach.clashes import clashing_tables, conflicting_conclusions, unreached_rows
from service.playbook.reach.regions import BUDGET, FALSE, TooComplex
from service.playbook.reach.search import can_hold
from service.playbook.reach.truth import Truth
from service.playbook.reach.witness import contradiction, example
from service.playbook.rules import All, AnyOf, Conclude, Condition, Play, Playbook, Test


class Reach:
    """The decision diagrams of one playbook, shared by everything that asks about it."""

    def __init__(self, playbook: Playbook, budget: int = BUDGET) -> None:
        """Nothing is worked out before the first question; `budget` is in diagram steps."""
        self._truth = Truth(playbook, budget)
        self._ready = False

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that can never have a say, clashes, or is left without an answer.

        Where the playbook is too complex to check, what was found so far and one warning.
        """
        found: list[Diagnostic] = []
        try:
            truth = self._prepared()
            for check in _CHECKS:
                found.extend(check(truth))
        except TooComplex:
            found.append(_TOO_COMPLEX)
        return tuple(found)

    def contradictions(self) -> tuple[Diagnostic, ...]:
        """Rules that can never fire. Enough of a playbook for this are its facts and conditions."""
        try:
            return tuple(never_firing_rules(self._prepared()))
        except TooComplex:
            return ()

    def guaranteed(self, when: Condition, fact: str) -> bool:
        """Whether the fact is known wherever the condition plainly holds.

        `when` is made of tests that the playbook makes. False where it is too complex to
        tell, unless a test stands there that says so by itself.
        """
        if _says_known(when, fact):
            return True
        try:
            truth = self._prepared()
            return truth.diagrams.implies(truth.true(when), truth.known(fact))
        except TooComplex:
            return False

    def _prepared(self) -> Truth:
        if not self._ready:
            self._truth.prepare()
            self._ready = True
        return self._truth


def check_reach(playbook: Playbook) -> tuple[Diagnostic, ...]:
    """Every mistake about what can be reached; see `Reach.diagnostics`."""
    return Reach(playbook).diagnostics()


def guaranteed(playbook: Playbook, when: Condition, fact: str) -> bool:
    """Whether the fact is known wherever the condition plainly holds; see `Reach.guaranteed`."""
    return Reach(playbook).guaranteed(when, fact)


def _says_known(when: Condition, fact: str) -> bool:
    match when:
        case Test(name, operator, value):
            return name == fact and not (operator == "known" and value is False)
        case All(parts):
            return any(_says_known(part, fact) for part in parts)
        case AnyOf(parts):
            return bool(parts) and all(_says_known(part, fact) for part in parts)
        case _:
            return False


_TOO_COMPLEX = Diagnostic(
    "too-complex-to-check",
    "the rules are too tangled to check that every one of them can have a say",
    START,
    "the playbook works all the same; to have it checked, split it, or turn rules with many "
    "`any` parts into tables",
    "warning",
)


# ---- rules that never fire ------------------------------------------------------------


def never_firing_rules(truth: Truth) -> Iterator[Diagnostic]:
    """Conclude rules and plays whose conditions contradict themselves."""
    parts: tuple[Conclude | Play, ...] = (*truth.playbook.conclusions, *truth.playbook.plays)
    for part in parts:
        if truth.true(part.when) == FALSE:
            what = _called(part) if isinstance(part, Play) else f"rule `{part.name}`"
            message = f"{what} can never fire: {contradiction(truth, [part.when])}"
            hint = "change one of these tests, or delete the rule"
            yield Diagnostic("rule-never-fires", message, part.place, hint)


def _called(play: Play) -> str:
    return f"{'sequence' if play.is_sequence else 'play'} `{play.name}`"


# ---- plays ----------------------------------------------------------------------------


def never_winning_plays(truth: Truth) -> Iterator[Diagnostic]:
    """Plays that hold only where plays preferred to them answer already, come what may."""
    above: list[tuple[Play, int]] = []
    for play in truth.playbook.plays:
        answers = truth.answers(play)
        if answers != FALSE:
            ahead = [(other, its) for other, its in above if _leaves_no_way(other, play)]
            covering = [other for other, its in ahead if truth.diagrams.implies(answers, its)]
            if covering:
                yield _never_wins(play, covering[0])
            elif not can_hold(truth.diagrams, [answers, *_none_of(truth, ahead)]):
                yield _never_wins(play, None)
        above.append((play, answers))


def _leaves_no_way(other: Play, play: Play) -> bool:
    """Whether the contact policy cannot bar the one play and let the other through.

    A play that goes another way is a sensible way out for prospects who closed the first.
    """
    theirs = {step.channel for step in other.steps} - {None}
    return not theirs or (len(theirs) == 1 and {step.channel for step in play.steps} == theirs)


def _none_of(truth: Truth, plays: Iterable[tuple[Play, int]]) -> Iterator[int]:
    return (truth.diagrams.negated(answers) for _, answers in plays)


def _never_wins(play: Play, other: Play | None) -> Diagnostic:
    if other:
        reason = f"{_called(other)} comes first wherever it holds"
        hint = f"put it above `{other.name}`, or add a test to `{other.name}`"
    else:
        reason = "the plays above it together come first wherever it holds"
        hint = "put it higher, or add a test to one of the plays above it"
    message = f"{_called(play)} can never be chosen: {reason}"
    return Diagnostic("play-never-wins", message, play.place, hint)


def unanswered(truth: Truth) -> Iterator[Diagnostic]:
    """A playbook without `otherwise` whose plays leave somebody without an answer."""
    if truth.playbook.otherwise is not None:
        return
    silent = [truth.diagrams.negated(truth.answers(play)) for play in truth.playbook.plays]
    where = example(truth, silent)
    if where is not None:
        message = f"no play answers where {where}" if where else "no play ever answers"
        hint = "add `otherwise:` at the end, with what to do for everybody else"
        yield Diagnostic("no-answer", message, START, hint)


_CHECKS = (
    never_firing_rules,
    unreached_rows,
    clashing_tables,
    conflicting_conclusions,
    never_winning_plays,
    unanswered,
)
