"""The part of a request that is kept: what a replay needs, and no more of a person than that.

Facts that neither the playbook nor the contact policy can read lose their value. Their names
stay, so that a replay warns of the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from service.decision import Ready
from service.playbook.rules import Ref, Step

#: Facts that are read whatever the playbook says: whom we may contact, where they are, and when.
ALWAYS_READ = frozenset(
    {"id", "time_zone", "country", "region", "phone_number", "audience", "out_of_office_until"}
    | {"opted_out", "opted_out_channels", "do_not_call", "consented_channels"}
    | {"last_purchase_on", "last_inquiry_on", "email_changed_at", "phone_changed_at"}
)


def readable(ready: Ready) -> frozenset[str]:
    """The facts of a request that can bear on what this playbook answers."""
    found = {name for facts in ready.reads for name in facts}
    found.update(name for facts in ready.behind.values() for name in facts)
    found.update(name for message in ready.messages.values() for name in message.facts)
    for step in _steps(ready):
        if step.wait is not None:
            values = (step.wait.amount, step.wait.after)
            found.update(value.name for value in values if isinstance(value, Ref))
    return ALWAYS_READ | (found & ready.words.readers.keys())


def minimised(body: Mapping[str, Any], readable: frozenset[str], as_of: str) -> bytes:
    """A valid request as JSON, without what bears on nothing, and with its moment.

    Args:
        body: the request, as it was read from JSON.
        readable: the facts whose values stay; see `readable`.
        as_of: the moment it was answered for, where it named none.
    """
    prospect = {
        name: value if name in readable else None for name, value in body["prospect"].items()
    }
    kept = {**body, "as_of": body.get("as_of") or as_of, "prospect": prospect}
    if theirs := body.get("account_history"):
        kept["account_history"] = [_of_nobody(touch) for touch in theirs]
    return orjson.dumps(kept)


def _of_nobody(touch: Mapping[str, Any]) -> Mapping[str, Any]:
    """A touch with a colleague, without the name of whom: no rule asks for it."""
    return {name: value for name, value in touch.items() if name != "prospect_id"}


def _steps(ready: Ready) -> Iterator[Step]:
    for play in ready.ruleset.plays:
        yield from play.steps
    if ready.ruleset.otherwise is not None:
        yield ready.ruleset.otherwise
