"""The smallest change of given facts with which a play wins at once, found by deciding again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from service.decision import prospect
from service.decision.answer import Decision
from service.decision.guards import Guards
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.whynot.again import Again, Spent
from service.decision.whynot.grounds import Facts, Grounds, joined
from service.decision.whynot.openers import openers
from service.decision.whynot.sight import Sight, next_rule
from service.decision.whynot.values import Values

#: More facts than these at once are no hint any more, but another prospect.
MOST_FACTS = 3
_NO_MATTER = datetime(1970, 1, 1, tzinfo=UTC)  # the request says when it is asked

#: Facts, each with the number of its value among those to try.
_Chosen = frozenset[tuple[str, int]]


class _Goal(NamedTuple):
    """A play that is to win, with so many facts at most; `seen` is what was tried for it."""

    play: int
    name: str
    most: int
    seen: set[_Chosen]


class Changes:
    """The searches for one request.

    `found` holds, by the number of a play, the facts to change, as a request writes them; None
    for a play for which there is no change of at most three facts. A play that is not there was
    not searched to the end.
    """

    def __init__(
        self,
        ready: Ready,
        guards: Guards,
        body: Mapping[str, Any],
        request: Request,
        decision: Decision,
        again: Again,
    ) -> None:
        self._ready = ready
        self._body = body
        self._request = request
        self._again = again
        self._grounds = Grounds(ready)
        self._guards = guards
        allowed = openers(guards.policy.rows, request)
        self._values = Values(ready, request, decision.facts, allowed)
        self._read_by_guards = cache(self._read_by_guards_of)
        self._decided: dict[_Chosen, Decision] = {frozenset(): decision}
        self._sights: dict[_Chosen, Sight] = {}
        self.found: dict[int, Mapping[str, object] | None] = {}
        self._dues: dict[int, datetime | None] = {}

    def search(self, plays: Sequence[int]) -> None:
        """Look for a change for each play: first of one fact, then of two, then of three.

        Every play gets an equal share of what may still be spent on its number of facts, and
        none goes on to more facts before fewer were searched to the end.
        """
        if self._request.history.opt_out is not None:  # no fact undoes what they said
            self.found = dict.fromkeys(plays)
            return
        open_ = list(plays)
        for most in range(1, MOST_FACTS + 1):
            open_ = self._round(open_, most)
        self.found.update(dict.fromkeys(open_))

    def _round(self, plays: Sequence[int], most: int) -> list[int]:
        """Look for changes of so many facts; the plays for which there is none.

        What some leave of their share is shared out again among those that it did not do for.
        """
        none: list[int] = []
        cut: list[int] = []
        for place, play in enumerate(plays):
            self._again.reserve = self._again.left - self._again.left // (len(plays) - place)
            goal = _Goal(play, self._ready.ruleset.plays[play].name, most, set())
            try:
                chosen = self._below(goal, frozenset())
            except Spent:
                cut.append(play)
                continue
            if chosen is None:
                none.append(play)
            else:
                timing = self._decision(chosen).timing
                self.found[play] = self._as_written(chosen)
                self._dues[play] = None if timing is None else timing.due
        self._again.reserve = 0
        again = self._round(cut, most) if 0 < len(cut) < len(plays) else []
        return sorted(none + again)

    def due(self, play: int) -> datetime | None:
        """When the step of a play is due once the facts are changed; None where it has no time."""
        return self._dues.get(play)

    def is_hopeless(self, play: int) -> bool:
        """Whether no given fact has to do with what the play lacks."""
        nothing: _Chosen = frozenset()
        return not self._obstacle(play, nothing)

    def _below(self, goal: _Goal, chosen: _Chosen) -> _Chosen | None:
        """These values, or these and more, with which the play wins; None where there are none."""
        goal.seen.add(chosen)
        if self._decision(chosen).rule == goal.name:
            return chosen
        if len(chosen) == goal.most:
            return None
        taken = {name for name, _ in chosen}
        for name in self._obstacle(goal.play, chosen):
            for number in range(0 if name in taken else len(self._values.of(name))):
                more = chosen | {(name, number)}
                if more not in goal.seen and (found := self._below(goal, more)) is not None:
                    return found
        return None

    def _obstacle(self, number: int, chosen: _Chosen) -> Facts:
        """Facts of which one must change before the play can win."""
        decision, sight = self._decision(chosen), self._sight(chosen)
        rule = next_rule(self._ready, number, sight)
        ways = []
        if not sight.fires(rule):
            ways.append(self._grounds.to_make(rule.when, sight, self._fewest))
        winner = self._winner(decision)
        if winner is not None and winner < number:
            above = next_rule(self._ready, winner, sight)
            broken = self._grounds.to_break(above.when, sight, self._fewest)
            ways.append(joined([broken, self._read_by_guards(decision.channel)]))
        elif not ways:  # it fires, nothing above it wins: it is the contact policy
            channel = self._ready.ruleset.plays[number].steps[rule.step].channel
            waits = self._grounds.of_waits(number)
            ways.append(joined([self._read_by_guards(channel), waits]))
        return tuple(name for name in self._fewest(ways) if self._values.of(name))

    def _read_by_guards_of(self, channel: str | None) -> Facts:
        """The facts that the guards of a channel look at."""
        rows = self._guards.rows[channel] if channel else ()
        return tuple(openers(rows, self._request))

    def _winner(self, decision: Decision) -> int | None:
        plays = self._ready.ruleset.plays
        return next((n for n, play in enumerate(plays) if play.name == decision.rule), None)

    def _fewest(self, ways: Iterable[Facts]) -> Facts:
        def tries(names: Facts) -> int:
            return sum(len(self._values.of(name)) for name in names)

        return min(ways, key=tries, default=())

    def _decision(self, chosen: _Chosen) -> Decision:
        """The decision with the chosen values, made once."""
        if chosen not in self._decided:
            self._decided[chosen] = self._again(self._changed(self._as_written(chosen)))
        return self._decided[chosen]

    def _sight(self, chosen: _Chosen) -> Sight:
        """What the rules see with the chosen values."""
        if chosen not in self._sights:
            facts = self._decision(chosen).facts
            self._sights[chosen] = Sight(self._ready, facts, self._request.history)
        return self._sights[chosen]

    def _as_written(self, chosen: _Chosen) -> dict[str, object]:
        return {name: self._values.of(name)[number] for name, number in sorted(chosen)}

    def _changed(self, facts: Mapping[str, object]) -> Request:
        """The request with these facts, read anew; the history stays what it is."""
        told = {**self._body["prospect"], **facts}
        unread = {"history": (), "account_history": (), "as_of": None}
        body = {**self._body, "prospect": told, **unread}
        read = prospect.read_request(body, self._ready.words, _NO_MATTER)
        return replace(
            read,
            history=self._request.history,
            account=self._request.account,
            as_of=self._request.as_of,
            warnings=self._request.warnings,
        )
