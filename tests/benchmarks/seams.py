"""Where the product is cut into stages: the only module here that knows what lies inside it.

A stage is some functions of the product, wrapped where they are looked up while they are
measured. When the product's parts move, this is the file to mend; a test sees to that.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from time import perf_counter_ns
from typing import Any
from unittest.mock import patch

from flask import Flask

from service.app import create_app
from service.decision import Decision, Ready, decide, read_request
from service.settings import Settings
from service.web.answers import as_json
from tests.benchmarks.touches import AS_OF
from tests.policies import SHIPPED
from tests.services import new_database

Function = Callable[..., Any]


@dataclass(frozen=True)
class Seam:
    """Functions of one stage, as `owner` (a module, or `module:Class`) looks them up."""

    stage: str
    owner: str
    names: tuple[str, ...]


_DECIDE = "service.decision.decide"
_WEB = "service.web.decisions"

#: Inside `decide`. What is left of it is `rest`.
DECIDING = (
    Seam("facts", _DECIDE, ("facts_at",)),
    Seam("engine", "service.decision.engine:Session", ("__enter__", "fire", "__exit__")),
    Seam("reasoning", _DECIDE, ("reason",)),
    Seam("settle", _DECIDE, ("candidates", "opted_out")),
    Seam("settle", f"{_DECIDE}:_Choosing", ("choose",)),
    Seam("time", _DECIDE, ("next_change", "ready_at", "schedule")),
    Seam("message", _DECIDE, ("_message",)),
    Seam("explain", _DECIDE, ("rules_behind", "unknown_facts")),
)
#: Inside the answer to one HTTP request. What is left of it is Flask.
ANSWERING = (
    Seam("read the body", _WEB, ("read_json_bytes", "parse_json")),
    Seam("read the request", "service.web.choosing", ("read_request",)),
    Seam("decide", "service.web.state", ("decide",)),
    Seam("as JSON", "service.decision.answer:Decision", ("to_json",)),
    Seam("as a response", _WEB, ("as_json", "json_bytes")),
    Seam("id of the decision", _WEB, ("new_id",)),
    Seam("record", "service.store.ledger.ledger:Ledger", ("record",)),
)


class Stopwatch:
    """Nanoseconds by stage; what a stage calls of another is the other's."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._within = 0

    def timed(self, stage: str, function: Function) -> Function:
        """The function, its time put down to the stage."""

        def call(*given: Any, **named: Any) -> Any:
            outer, self._within = self._within, 0
            began = perf_counter_ns()
            try:
                return function(*given, **named)
            finally:
                taken = perf_counter_ns() - began
                self.spent[stage] = self.spent.get(stage, 0) + taken - self._within
                self._within = outer + taken

        return call


@contextmanager
def cut(seams: Sequence[Seam]) -> Iterator[Stopwatch]:
    """A stopwatch at every one of these seams, while the block runs.

    Raises:
        AttributeError: the product has no such function any more.
    """
    watch = Stopwatch()
    with ExitStack() as patches:
        for seam in seams:
            module, _, name = seam.owner.partition(":")
            owner = import_module(module)
            owner = getattr(owner, name) if name else owner
            for function in seam.names:
                wrapped = watch.timed(seam.stage, getattr(owner, function))
                patches.enter_context(patch.object(owner, function, wrapped))
        yield watch


# ---- one decision, from the bytes of a request to the text of an answer -------------


@dataclass(frozen=True)
class Door:
    """What stands before and behind a decision: every stage a function of its own."""

    parse: Callable[[bytes], Any]
    mistakes: Callable[[object], tuple[object, ...]]
    ready: Ready

    def validate(self, raw: bytes) -> Any:
        """The body, its shape checked."""
        body = self.parse(raw)
        if mistakes := self.mistakes(body):
            raise ValueError(f"not a question: {mistakes}")
        return body

    def decide(self, body: Any) -> Decision:
        """Read and decide, as the web does."""
        return decide(self.ready, SHIPPED, read_request(body, self.ready, AS_OF))

    def write(self, decision: Decision) -> bytes:
        """The answer as it is sent, but for its id."""
        return as_json(decision.to_json())

    def whole(self, raw: bytes) -> bytes:
        """All of it."""
        return self.write(self.decide(self.validate(raw)))


@cache
def app() -> Flask:
    """The service, made once: it loads every playbook. It logs nothing."""
    settings = Settings.from_environment()
    return create_app(replace(settings, database=new_database(), log_level=None))


def door(ready: Ready) -> Door:
    """The door as the running service has it."""
    state = app().extensions["unghost"]
    parse = import_module("service.web.strict_json").parse_json
    return Door(parse, state.mistakes_in.request, ready)
