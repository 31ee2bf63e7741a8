"""What a contact policy says: rows above every playbook that no playbook can loosen.

A law is a row like any other; it only binds in its own place, for its own audience and from
its own day on. Guards that nobody can switch off (opt-out, do-not-call, an address that
bounced, an absence, a time zone that nobody knows) are no rows; `decision.guards` has them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from service.playbook.rules import Window

Audience = Literal["b2b", "b2c"]
Per = Literal["prospect", "account"]
HolidaysOf = Literal["prospect", "seller"]


#: Guards that nobody can switch off; `decision.guards` has them. No row may take their names.
STANDING_GUARDS = (
    "opt-out",
    "channel-opt-out",
    "do-not-call",
    "bounced",
    "out-of-office",
    "time-zone",
)
#: Nothing is put off for longer; what would be is closed.
FARTHEST_DAYS = 90


@dataclass(frozen=True)
class Hours:
    """Contact only in one of the windows, on the prospect's clock and on those of `also_in`.

    `or_on` are windows of other days, for a rule whose hours are not the same every day.
    """

    window: Window
    also_in: tuple[str, ...] = ()
    or_on: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Cap:
    """At most so many contacts in any stretch of `within`."""

    at_most: int
    within: timedelta
    per: Per = "prospect"


@dataclass(frozen=True)
class Gap:
    """So much time from one contact to the next, unless they answered in between.

    `same_sequence_excepted`: but for steps of one sequence on one day.
    """

    least: timedelta
    same_sequence_excepted: bool = False


@dataclass(frozen=True)
class NoHolidays:
    """No contact on public holidays of the prospect's place, the seller's, or either."""

    of: tuple[HolidaysOf, ...]


@dataclass(frozen=True)
class Consent:
    """Only whom the channel was allowed by (`consented_channels`), or who dealt with us lately.

    `purchase`, `inquiry`: for so many days after `last_purchase_on` or `last_inquiry_on`
    consent is implied; None where the rule knows no such thing.
    """

    purchase: int | None = None
    inquiry: int | None = None


@dataclass(frozen=True)
class Rest:
    """No contact for so many days after the prospect declined."""

    days: int


@dataclass(frozen=True)
class Registry:
    """Whoever is on a do-not-call list (`do_not_call`) only after a late purchase or inquiry.

    `purchase`, `inquiry` as in `Consent`.
    """

    purchase: int | None = None
    inquiry: int | None = None


Demand = Hours | Cap | Gap | NoHolidays | Consent | Rest | Registry


@dataclass(frozen=True)
class Jurisdiction:
    """Where, for whom and when a law binds, and where it stands.

    `country`: ISO 3166-1; `region`: the part of ISO 3166-2 after the dash, empty for all;
    `audience`: whom it protects, empty for everybody; in force from `begins` (None: of old)
    until the day before `ends` (None: no end is known); `checked`: when its text was last read.
    """

    country: str
    region: str
    audience: tuple[Audience, ...]
    begins: date | None
    ends: date | None
    citation: str
    checked: date


@dataclass(frozen=True)
class Row:
    """One guard: what it demands, by which channels (empty: all), of whom, and why.

    `name` is unique in a policy; `audience` empty is everybody; `law` is None for the
    deployment's own rows. `line` is where it stands in its file.
    """

    name: str
    channels: tuple[str, ...]
    demand: Demand
    because: str
    line: int
    audience: tuple[Audience, ...] = ()
    law: Jurisdiction | None = None

    @property
    def citation(self) -> str | None:
        """Where it stands, if it is a law."""
        return self.law.citation if self.law else None


@dataclass(frozen=True)
class Laws:
    """A pack of laws, each a row of its own; `notice` says what the pack is not."""

    name: str
    title: str
    notice: str
    rows: tuple[Row, ...]
    digest: str


@dataclass(frozen=True)
class Seller:
    """Where the seller is, for the holidays on their side; empty where nothing is said."""

    country: str = ""
    region: str = ""


@dataclass(frozen=True)
class Policy:
    """A contact policy: its own rows, and those of the laws it switches on.

    `digest` is that of everything that decides: rows, laws, seller. Same words, same digest.
    """

    name: str
    title: str
    about: str
    seller: Seller
    rows: tuple[Row, ...]
    digest: str


#: A policy that asks for nothing; the guards that nobody can switch off still stand.
NO_POLICY = Policy("none", "No policy", "", Seller(), (), "")


def policy_of_laws(laws: Laws) -> Policy:
    """A policy that is nothing but one pack of laws, all switched on: for the pack's examples."""
    return Policy(laws.name, laws.title, laws.notice, Seller(), laws.rows, laws.digest)
