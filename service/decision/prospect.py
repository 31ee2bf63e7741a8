"""A request read: the prospect's facts with their types, the history, and the moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.decision.calendar import Calendar, calendar_for
from service.decision.history import History, Touch
from service.decision.message import Notice
from service.playbook.diagnostics import did_you_mean
from service.playbook.values import TYPE_WORDS, fits, read_date, read_instant
from service.playbook.vocabulary import ACTIONS, INBOUND_OUTCOMES, OUTBOUND_OUTCOMES, Fact

_OUTCOMES = {"outbound": OUTBOUND_OUTCOMES, "inbound": INBOUND_OUTCOMES}
#: Of one kind no more warnings than these help anybody.
MOST_WARNINGS = 20
_DEFAULT_OUTCOME = {"outbound": "sent", "inbound": "replied"}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a request; `path` is a JSON pointer."""

    path: str
    message: str


class InvalidRequest(Exception):  # noqa: N818 - it says what happened
    """A request that cannot be answered, with everything that is wrong with it."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.path}: {error.message}" for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Request:
    """One question: whom it is about, what is known of them, and when it is asked."""

    prospect_id: str
    given: Mapping[str, object]
    history: History
    as_of: datetime
    calendar: Calendar
    time_zone: str | None
    warnings: tuple[Notice, ...]


@dataclass(frozen=True)
class Words:
    """What a playbook makes of a request: its facts, its own actions, and its defaults."""

    facts: Mapping[str, Fact]
    actions: Mapping[str, str]
    defaults: Mapping[str, object]


class _Reading:
    """The errors and warnings found while one request is read."""

    def __init__(self, facts: Mapping[str, Fact], actions: Mapping[str, str]) -> None:
        self.facts = facts
        self.actions = actions
        self.errors: list[FieldError] = []
        self.warnings: list[Notice] = []

    def error(self, path: str, message: str) -> None:
        self.errors.append(FieldError(path, message))


def read_request(body: Mapping[str, Any], words: Words, now: datetime) -> Request:
    """Read a request whose shape is right already; `now` stands in for a missing `as_of`.

    Raises InvalidRequest with every error found.
    """
    reading = _Reading(words.facts, words.actions)
    prospect = body["prospect"]
    as_of = _moment(body["as_of"], "/as_of", reading) if body.get("as_of") else now
    given = {**words.defaults, **_given(prospect, reading)}
    touches = [
        touch
        for i, item in enumerate(body["history"])
        if (touch := _touch(item, f"/history/{i}", reading))
    ]
    if reading.errors or as_of is None:
        raise InvalidRequest(tuple(reading.errors))
    history = History(touches, as_of.astimezone(UTC))
    calendar, unknown = calendar_for(
        _word(given, "time_zone"), _word(given, "country"), _word(given, "region")
    )
    _warn(history, unknown, given, reading)
    if "unknown-time-zone" in unknown:
        del given["time_zone"]  # a zone that nobody knows is none
    return Request(
        prospect_id=str(prospect["id"]),
        given=given,
        history=history,
        as_of=as_of,
        calendar=calendar,
        time_zone=None if calendar.zone is None else calendar.zone.key,
        warnings=tuple(reading.warnings),
    )


def _word(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _given(prospect: Mapping[str, Any], reading: _Reading) -> dict[str, object]:
    """The facts that have a value; blank text and null are no value."""
    given: dict[str, object] = {}
    for name, value in prospect.items():
        fact = reading.facts.get(name)
        if fact is None or fact.origin != "caller":
            if len(reading.warnings) < MOST_WARNINGS:
                _pass_over(name, fact, reading)
            continue
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        typed = _typed(fact, value)
        if typed is None:
            words = ", ".join(fact.values)
            expected = f"one of: {words}" if fact.type == "choice" else TYPE_WORDS[fact.type]
            reading.error(f"/prospect/{name}", f"must be {expected}")
        else:
            given[name] = typed
    return given


def _pass_over(name: str, fact: Fact | None, reading: _Reading) -> None:
    if fact is None:
        message = f"`{name[:100]}` is no fact of this playbook; it was passed over"
        mine = [known for known, fact in reading.facts.items() if fact.origin == "caller"]
        reading.warnings.append(Notice("unknown-fact", message, did_you_mean(name[:100], mine)))
        return
    source = "the history" if fact.origin == "history" else "the playbook's rules"
    message = f"`{name}` is computed from {source}; the value given was passed over"
    reading.warnings.append(Notice("computed-fact", message, "leave it out"))


def _typed(fact: Fact, value: object) -> object | None:
    if not fits(fact, value):
        return None
    match fact.type:
        case "date":
            return read_date(value)
        case "instant":
            moment = read_instant(value)
            return None if moment is None else moment.astimezone(UTC)
        case "list":
            return tuple(value) if isinstance(value, list) else value
        case "number":
            return round(value, 4) if isinstance(value, float) else value
    return value


def _moment(text: object, path: str, reading: _Reading) -> datetime | None:
    moment = read_instant(text)
    if moment is None:
        reading.error(path, f"must be {TYPE_WORDS['instant']}, with an offset")
    return moment


def _touch(item: Mapping[str, Any], path: str, reading: _Reading) -> Touch | None:
    at = _moment(item["at"], f"{path}/at", reading)
    direction = item["direction"]
    outcome = item.get("outcome") or _DEFAULT_OUTCOME[direction]
    if outcome not in _OUTCOMES[direction]:
        words = ", ".join(_OUTCOMES[direction])
        reading.error(f"{path}/outcome", f"must be one of: {words}, as it is {direction}")
        return None
    if at is None:
        return None
    return Touch(
        at.astimezone(UTC),
        direction,
        item.get("channel"),
        item.get("action") or "",
        item.get("template") or "",
        outcome,
        item.get("id") or "",
    )


def _warn(
    history: History, unknown: tuple[str, ...], given: Mapping[str, object], reading: _Reading
) -> None:
    warnings = reading.warnings
    if history.later:
        warnings.append(
            Notice(
                "touch-after-as-of",
                f"{history.later} touches lie after `as_of` and were passed over",
                "send the history up to `as_of`",
            )
        )
    strange = {t.action for t in history.outbound} - {"", *ACTIONS, *reading.actions}
    warnings.extend(
        Notice(
            "unknown-action",
            f"no action is called `{action[:100]}`; the touch counts, its action matches no rule",
            did_you_mean(action[:100], ACTIONS),
        )
        for action in sorted(strange)[:MOST_WARNINGS]
    )
    if "unknown-time-zone" in unknown:
        warnings.append(
            Notice(
                "unknown-time-zone",
                f"there is no time zone `{given['time_zone']}`",
                "use an IANA name such as America/Chicago",
            )
        )
    if "no-holiday-calendar" in unknown:
        warnings.append(
            Notice(
                "no-holiday-calendar",
                "the holidays of this country or region are not known",
                "country: ISO 3166-1, two letters; region: the part after the dash",
            )
        )
