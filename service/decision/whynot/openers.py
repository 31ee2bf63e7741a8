"""What the contact policy would rather see: values of given facts that could open a way."""

from collections.abc import Iterator, Mapping, Sequence

from service.decision.prospect import Request
from service.playbook.vocabulary import CHANNELS
from service.policy.policy import Consent, Registry, Row

#: By each given fact that a guard looks at, the values to try, as a request writes them.
Openers = Mapping[str, tuple[object, ...]]
#: Where nothing tells of any zone: any clock will do.
_ANY_ZONE = "UTC"


def openers(rows: Sequence[Row], request: Request) -> Openers:
    """Every fact that these rows and the standing guards look at, and what could be better.

    What is known of where somebody is is not doubted; where it is not known, the places of
    laws are tried, since a law binds wherever it could.
    """
    return {
        **_of_standing_guards(request),
        **_of_places(rows, request),
        **_of_demands(rows, request),
    }


def _of_standing_guards(request: Request) -> Openers:
    given, now = request.given, request.history.as_of.isoformat()
    back = {touch.channel for touch in request.history.outbound if touch.outcome == "bounced"}
    return {
        "opted_out": _if(given.get("opted_out"), value=False),
        "opted_out_channels": tuple(_with_fewer(given.get("opted_out_channels"))),
        "do_not_call": _if(given.get("do_not_call"), value=False),
        "email_changed_at": _if("email" in back, now),
        "phone_changed_at": _if(not back <= {"email"}, now),
        "out_of_office_until": _if("out_of_office_until" in given, None),
        "time_zone": _if(request.calendar.zone is None, _some_zone(request)),
        "phone_number": (),
    }


def _of_places(rows: Sequence[Row], request: Request) -> Openers:
    laws = [row.law for row in rows if row.law]
    countries = dict.fromkeys(law.country for law in laws)
    regions = dict.fromkeys(law.region for law in laws if law.region)
    return {
        "country": () if "country" in request.given else tuple(countries),
        "region": () if "region" in request.given else tuple(regions),
    }


def _of_demands(rows: Sequence[Row], request: Request) -> Openers:
    """What rows about who may be contacted ask for, and whom they are about."""
    demands = [row.demand for row in rows if isinstance(row.demand, Consent | Registry)]
    asking = [row for row in rows if isinstance(row.demand, Consent)]
    today = request.calendar.local(request.history.as_of).date().isoformat()
    found: dict[str, tuple[object, ...]] = {}
    if any(row.audience for row in rows):
        found["audience"] = ("b2b", "b2c")
    if any(isinstance(demand, Registry) for demand in demands):
        found["do_not_call"] = (False,)
    if any(demand.purchase is not None for demand in demands):
        found["last_purchase_on"] = (today,)
    if any(demand.inquiry is not None for demand in demands):
        found["last_inquiry_on"] = (today,)
    if asking:
        wanted = {channel for row in asking for channel in row.channels or CHANNELS}
        now = request.given.get("consented_channels")
        found["consented_channels"] = tuple(_with_one_more(now, wanted))
    return found


def _if(is_so: object, value: object) -> tuple[object, ...]:
    return (value,) if is_so else ()


def _some_zone(request: Request) -> str:
    """One of the zones where they may be."""
    zones = [clock.zone for clock in request.clocks if clock.zone is not None]
    return zones[0].key if zones else _ANY_ZONE


def _with_fewer(closed: object) -> Iterator[list[str]]:
    """The channels that are closed, but for one of them, and none."""
    now = list(closed) if isinstance(closed, tuple) else []
    yield from ([item for item in now if item != word] for word in CHANNELS if word in now)
    if now:
        yield []


def _with_one_more(consented: object, wanted: set[str]) -> Iterator[list[str]]:
    """The channels that they allowed, and one more of those that need it."""
    now = list(consented) if isinstance(consented, tuple) else []
    yield from ([*now, word] for word in CHANNELS if word in wanted and word not in now)
