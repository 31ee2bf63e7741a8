"""Four readings of one playbook, held against each other for one request after another.

product    the service itself: durable-rules and all that surrounds it
evaluator  the ruleset, read plainly
CLIPS      the ruleset's conditions, in another rule engine
language   the playbook's own words, read anew, three-valued, nothing compiled
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from service.decision import make_ready, read_request
from service.decision.candidates import candidates
from service.decision.facts import Reading, facts_at
from service.decision.ready import Ready
from service.decision.reasoning import reason
from service.playbook import Playbook, Ruleset, load
from tests.oracle.clips import clips_matches
from tests.oracle.evaluator import Verdict, judge, words_of
from tests.oracle.language import judge_words
from tests.oracle.prospects import NOON
from tests.oracle.reader import reread
from tests.oracle.story import Story

Body = Mapping[str, Any]


class Trial:
    """One playbook, made ready in every way."""

    def __init__(self, text: str, playbook: Playbook, ruleset: Ruleset) -> None:
        self.text = text
        self.reread = reread(text, playbook)
        self.playbook = playbook
        self.ruleset = ruleset
        self.ready = make_ready(ruleset)
        self.clips = clips_matches(ruleset)
        self.words = words_of(ruleset)

    def verdicts(self, body: Body) -> dict[str, Verdict]:
        """What each reading makes of a request."""
        story = Story(body, self.words)
        return {
            "product": verdict_of_the_product(self.ready, body),
            "evaluator": judge(self.ruleset, story),
            "CLIPS": judge(self.ruleset, story, self.clips),
            "language": judge_words(self.reread, self.ruleset, story),
        }

    def disagreement(self, body: Body) -> str:
        """In what the readings differ; empty where they agree."""
        return difference_of(self.verdicts(body))


def difference_of(verdicts: Mapping[str, Verdict]) -> str:
    """In what these differ, a line for each part and reading; empty where they agree."""
    texts = {who: shown(verdict) for who, verdict in verdicts.items()}
    product = texts.pop("product")
    return "\n".join(
        f"{part}: product {product[part]}, {who} {text[part]}"
        for who, text in texts.items()
        for part in product
        if text[part] != product[part]
    )


def trial_of(text: str) -> Trial:
    """The trial of a playbook's text. Raises AssertionError where the product refuses it."""
    loaded = load(text)
    assert loaded.playbook is not None
    assert loaded.ruleset is not None, loaded.diagnostics
    return Trial(text, loaded.playbook, loaded.ruleset)


def verdict_of_the_product(ready: Ready, body: Body) -> Verdict:
    """What the service itself makes of a request, before the contact policy."""
    request = read_request(body, ready, NOON)
    given = facts_at(request.given, request.history, request.calendar)
    reasoned = reason(ready, Reading(given, request.history))
    found = candidates(ready, reasoned)
    plays = tuple((one.rule.name, one.rule.step) for one in found if one.rule is not None)
    fired = [rule.id for rule in reasoned.fired]
    assert len(fired) == len(set(fired))
    return Verdict(frozenset(fired), reasoned.facts, plays, found[0].step.action)


def shown(verdict: Verdict) -> dict[str, str]:
    """A verdict in texts that are equal where it is the same, down to the types of numbers."""
    facts = {
        name: value + 0.0 if isinstance(value, float) else value  # minus nought is nought
        for name, value in verdict.facts.items()
        if value is not None
    }
    return {
        "fired": json.dumps(sorted(verdict.fired)),
        "facts": json.dumps(facts, sort_keys=True, default=_as_text),
        "plays": json.dumps(verdict.plays),
        "action": verdict.action,
    }


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)
