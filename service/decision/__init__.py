"""FACTS → DECISION: what is known of a prospect goes in, the next action comes out.

    prospect    a request read           history    what happened, as of one moment
    places      where they may be        regions    states and provinces, and their clocks
    calendar    days off, and days       clock      what a zone shows, and when
    facts       given and computed       engine     the rules at work (durable-rules)
    reasoning   layer by layer           changes    when time alone changes an answer
    pacing      the end of a wait        absence    a wait does not run while they are away
    landing     in the window it meant   timing     when it is due, and how long that is true
    guards      what no playbook can     message    in what words
                loosen
    decide      all of it                examples   the cases inside a playbook, run
    whynot      why not something else   forward    day after day
    timeline    what came of it           fit        what a policy never lets happen

Pure but for the engine: no clock, no disk, no network.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.decision import prospect
from service.decision.answer import Decision
from service.decision.decide import decide
from service.decision.prospect import FieldError, InvalidRequest, Request
from service.decision.ready import Ready, make_ready

__all__ = [
    "Decision",
    "FieldError",
    "InvalidRequest",
    "Ready",
    "Request",
    "decide",
    "make_ready",
    "read_request",
]


def read_request(body: Mapping[str, Any], ready: Ready, now: datetime) -> Request:
    """Read a request in the words of one playbook; see `prospect.read_request`."""
    return prospect.read_request(body, ready.words, now)
