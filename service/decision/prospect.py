"""A request read: the prospect's facts with their types, the history, and the moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from service.decision.calendar import Calendar, calendar_for, zone_named
from service.decision.history import History, Touch, touch_of
from service.decision.message import Notice
from service.decision.places import Whereabouts, possible_zones
from service.playbook.diagnostics import did_you_mean
from service.playbook.values import (
    TYPE_WORDS,
    ValueReader,
    read_instant,
    read_moments,
    value_reader,
)
from service.playbook.vocabulary import ACTIONS, INBOUND_OUTCOMES, OUTBOUND_OUTCOMES, Fact

#: By direction: what an outcome is read as, where it is one of that direction's.
_OUTCOMES: Mapping[str, Mapping[str | None, str]] = {
    "outbound": {None: "sent", "": "sent", **{word: word for word in OUTBOUND_OUTCOMES}},
    "inbound": {None: "replied", "": "replied", **{word: word for word in INBOUND_OUTCOMES}},
}
#: Of one kind no more warnings than these help anybody.
MOST_WARNINGS = 20


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
    """One question: whom it is about, what is known of them, and when it is asked.

    `account` are the contacts with others of their account. `calendar` is where they are;
    where several time zones are possible its clock is UTC's, and `clocks` are a calendar for
    each. `place_known` says whether any zone is.
    """

    prospect_id: str
    given: Mapping[str, object]
    history: History
    account: Sequence[Touch]
    as_of: datetime
    calendar: Calendar
    clocks: tuple[Calendar, ...]
    place_known: bool
    warnings: tuple[Notice, ...]

    @property
    def time_zone(self) -> str | None:
        """The name of their time zone, where it is known."""
        return None if self.calendar.zone is None else self.calendar.zone.key


@dataclass(frozen=True)
class Words:
    """What a playbook makes of a request: its facts, its own actions, and its defaults."""

    facts: Mapping[str, Fact]
    actions: Mapping[str, str]
    defaults: Mapping[str, object]

    @cached_property
    def readers(self) -> Mapping[str, ValueReader]:
        """How the value of each fact that a caller may give is read."""
        return {
            name: value_reader(fact) for name, fact in self.facts.items() if fact.origin == "caller"
        }

    @cached_property
    def known_actions(self) -> frozenset[str]:
        """What a touch may have been for; empty where that was not said."""
        return frozenset({"", *ACTIONS, *self.actions})


class _Reading:
    """The errors and warnings found while one request is read."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.errors: list[FieldError] = []
        self.warnings: list[Notice] = []

    def error(self, path: str, message: str) -> None:
        self.errors.append(FieldError(path, message))


def read_request(body: Mapping[str, Any], words: Words, now: datetime) -> Request:
    """Read a request whose shape is right already; `now` stands in for a missing `as_of`.

    Raises InvalidRequest with every error found.
    """
    reading = _Reading(words)
    prospect = body["prospect"]
    as_of = _moment(body["as_of"], "/as_of", reading) if body.get("as_of") else now
    given = {**words.defaults, **_given(prospect, reading)}
    touches = _touches(body["history"], "/history", reading)
    account = body.get("account_history")
    theirs = _touches(account, "/account_history", reading) if account else ()
    if reading.errors or as_of is None:
        raise InvalidRequest(tuple(reading.errors))
    history = History(touches, as_of.astimezone(UTC))
    calendar, where, unknown = placed(given)
    if "time_zone" in given and where.taken_from != "said":
        unknown = ("unknown-time-zone", *unknown)
    _warn(history, unknown, given, reading)
    if where.taken_from != "said":
        given.pop("time_zone", None)  # a zone that nobody knows is none
        if calendar.zone is not None:
            given["time_zone"] = calendar.zone.key
    return Request(
        prospect_id=str(prospect["id"]),
        given=given,
        history=history,
        account=History(theirs, history.as_of).reached if theirs else (),
        as_of=as_of,
        calendar=calendar,
        clocks=_clocks(calendar, where.zones),
        place_known=bool(where.zones),
        warnings=tuple(reading.warnings),
    )


class Placed(NamedTuple):
    """Where they are: see `Request.calendar`. `unknown` as `calendar_for` has it."""

    calendar: Calendar
    where: Whereabouts
    unknown: tuple[str, ...]


def placed(given: Mapping[str, object]) -> Placed:
    """Where they are, by the facts that are known of them.

    The calendar knows places by more names than one: `UK`, and `California`.
    """
    country, region = _word(given, "country"), _word(given, "region")
    zone, number = _word(given, "time_zone"), _word(given, "phone_number")
    place, unknown = calendar_for(None, country, region)
    where = possible_zones(zone, place.country or country, place.region or region, number)
    if len(where.zones) == 1:
        place = Calendar(zone_named(where.zones[0]), place.country, place.region)
    return Placed(place, where, unknown)


def _clocks(calendar: Calendar, zones: tuple[str, ...]) -> tuple[Calendar, ...]:
    if len(zones) <= 1:
        return (calendar,)
    return tuple(calendar._replace(zone=ZoneInfo(zone)) for zone in zones)


def _word(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _given(prospect: Mapping[str, Any], reading: _Reading) -> dict[str, object]:
    """The facts that have a value; blank text and null are no value."""
    given: dict[str, object] = {}
    readers = reading.words.readers
    for name, value in prospect.items():
        read = readers.get(name)
        if read is None:
            _pass_over(name, reading)
            continue
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        typed = read(value)
        if typed is None:
            reading.error(f"/prospect/{name}", f"must be {_expected(reading.words.facts[name])}")
        else:
            given[name] = typed
    return given


def _expected(fact: Fact) -> str:
    return f"one of: {', '.join(fact.values)}" if fact.type == "choice" else TYPE_WORDS[fact.type]


def _pass_over(name: str, reading: _Reading) -> None:
    if len(reading.warnings) >= MOST_WARNINGS:
        return
    words = reading.words
    fact = words.facts.get(name)
    if fact is None:
        message = f"`{name[:100]}` is no fact of this playbook; it was passed over"
        hint = _hint(name[:100], tuple(words.readers))
        reading.warnings.append(Notice("unknown-fact", message, hint))
        return
    source = "the history" if fact.origin == "history" else "the playbook's rules"
    message = f"`{name}` is computed from {source}; the value given was passed over"
    reading.warnings.append(Notice("computed-fact", message, "leave it out"))


@lru_cache(maxsize=1024)
def _hint(word: str, known: tuple[str, ...]) -> str:
    """As a CRM sends the same names every time, and finding the nearest takes longest of all."""
    return did_you_mean(word, known)


def _moment(text: object, path: str, reading: _Reading) -> datetime | None:
    moment = read_instant(text)
    if moment is None:
        reading.error(path, f"must be {TYPE_WORDS['instant']}, with an offset")
    return moment


def _touches(items: Sequence[Mapping[str, Any]], path: str, reading: _Reading) -> Sequence[Touch]:
    try:
        return [
            touch_of(
                (
                    at,
                    direction := item["direction"],
                    item.get("channel"),
                    item.get("action") or "",
                    item.get("template") or "",
                    _OUTCOMES[direction][item.get("outcome")],
                    item.get("id") or "",
                )
            )
            for at, item in zip(read_moments([item["at"] for item in items]), items, strict=True)
        ]
    except (ValueError, OverflowError, KeyError):
        for number, item in enumerate(items):
            _find_errors(item, f"{path}/{number}", reading)
        return ()


def _find_errors(item: Mapping[str, Any], path: str, reading: _Reading) -> None:
    """What is wrong with a touch."""
    _moment(item["at"], f"{path}/at", reading)
    direction, outcome = item["direction"], item.get("outcome")
    if outcome not in _OUTCOMES[direction]:
        words = ", ".join(filter(None, _OUTCOMES[direction]))
        reading.error(f"{path}/outcome", f"must be one of: {words}, as it is {direction}")


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
    strange = {t.action for t in history.outbound} - reading.words.known_actions
    warnings.extend(
        Notice(
            "unknown-action",
            f"no action is called `{action[:100]}`; the touch counts, its action matches no rule",
            _hint(action[:100], tuple(ACTIONS)),
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
