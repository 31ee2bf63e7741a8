"""Many threads decide while playbooks are replaced: what comes out of it.

A playbook stands in a place that every thread reads. One more thread loads changed texts,
makes them ready and puts them there; the old ones are forgotten, and some are closed while
threads may still use them. A closed program gives no answer (`EngineFault`), never a wrong
one.

    python -m tests.endurance.replacing [seconds]
"""

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click

from service.decision import Ready, decide, make_ready, read_request
from service.decision.engine import EngineFault
from service.playbook import load
from tests.endurance.questions import NOW, question
from tests.policies import SHIPPED

ROOT = Path(__file__).parents[2]
THREADS, VARIANTS, QUESTIONS, SECONDS = 16, 6, 24, 120.0
#: Its rules count, compare and conclude; `patience` is a number that changes the answers.
_PLAYBOOK = """
playbook: changing
title: It changes
about: The same rules with other numbers, so that every version answers otherwise.
parameters: {patience: {value: 7, unit: days, title: How long to wait}}
conclude:
  - rule: quiet
    when: {silent_days: {at_least: $patience}}
    then: {is_quiet: true}
    because: It has been quiet.
tables:
  - table: pace
    inputs: [seniority, attempts]
    output: pace_days
    rows:
      - [[vp, c_level], {at_least: 2}, 9]
      - [manager, any, 4]
      - [any, any, $patience]
    because: The pace.
plays:
  - rule: reopen
    when: {is_quiet: true, any: [{seniority: [vp, director]}, {attempts: {more_than: 1}}]}
    do: {action: reopen, channel: email, wait: $pace_days days}
    because: Quiet for long.
otherwise: {action: follow_up, channel: phone, wait: $pace_days days, because: Nothing fits.}
"""


def variant(number: int) -> str:
    """The playbook with a number of its own."""
    return _PLAYBOOK.replace("value: 7", f"value: {3 + 5 * number}")


def made_ready(text: str) -> Ready:
    """A text that is known to be right, ready to decide with."""
    loaded = load(text)
    assert loaded.ruleset is not None, loaded.diagnostics
    return make_ready(loaded.ruleset)


def answers(ready: Ready, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The playbook's answers, without its digest: they must be told apart by what they say."""
    found = [
        decide(ready, SHIPPED, read_request(body, ready, NOW)).to_json(1) for body in questions
    ]
    return [{**answer, "playbook": None} for answer in found]


@dataclass
class Outcome:
    """What happened: `counts` of decisions, replacements and refusals; what went wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Exercise:
    """The threads, the place they read, and what they must find."""

    def __init__(self) -> None:
        random = Random(3)  # noqa: S311 - a repeatable choice, not a secret
        first = made_ready(variant(0))
        self.questions = [question(random, first) for _ in range(QUESTIONS)]
        self.right = [answers(made_ready(variant(n)), self.questions) for n in range(VARIANTS)]
        self.place = (0, first)
        self.outcome = Outcome()
        self._end = 0.0

    def run(self, seconds: float) -> Outcome:
        """Decide and replace for so many seconds."""
        self._end = time.monotonic() + seconds
        work = [self._replace, *(self._decide for _ in range(THREADS))]
        threads = [threading.Thread(target=self._guarded, args=(one,)) for one in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.outcome

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test is after
            self.outcome.wrong.append(repr(error))

    def _decide(self) -> None:
        counts: Counter[str] = Counter()
        while time.monotonic() < self._end:
            number, ready = self.place
            for asked, right in zip(self.questions, self.right[number], strict=True):
                try:
                    [found] = answers(ready, [asked])
                except EngineFault:
                    counts["refused by a closed program"] += 1
                    break
                counts["decisions"] += 1
                if found != right:
                    self.outcome.wrong.append(f"variant {number}: {asked}: {found}")
        self.outcome.counts += counts

    def _replace(self) -> None:
        count = 0
        while time.monotonic() < self._end:
            count += 1
            number = count % VARIANTS
            _, old = self.place
            self.place = (number, made_ready(variant(number)))
            if count % 3 == 0:
                old.program.close()
        self.outcome.counts["replacements"] = count


if __name__ == "__main__":
    outcome = Exercise().run(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    done = ", ".join(f"{n:,} {what}" for what, n in outcome.counts.items())
    click.echo(f"{THREADS} threads: {done}")
    click.echo("\n".join([f"{len(outcome.wrong)} wrong answers", *outcome.wrong[:5]]))
    sys.exit(1 if outcome.wrong else 0)
