"""The parts of a contact policy, in words."""

from collections.abc import Iterator

from service.policy.policy import (
    Cap,
    Consent,
    Demand,
    Gap,
    Hours,
    Jurisdiction,
    NoHolidays,
    Policy,
    Registry,
    Rest,
    Row,
)
from service.store.documents.differences import wording
from service.store.documents.differences.parts import Aspect, Part, Section, meaning


def sections(policy: Policy) -> tuple[Section, ...]:
    """All that a policy says; the order of its rules means nothing."""
    return (
        Section(tuple(_headings(policy))),
        Section(tuple(_row(row) for row in policy.rows if row.law is None)),
        Section(tuple(_row(row) for row in policy.rows if row.law is not None)),
    )


def _headings(policy: Policy) -> Iterator[Part]:
    seller = f"{policy.seller.country} {policy.seller.region}".strip()
    texts = {"name": policy.name, "title": policy.title, "about": policy.about, "seller": seller}
    for name, text in texts.items():
        yield Part(name, name, "the policy", {Aspect(f"the {name}", "text"): text}, text)


def _row(row: Row) -> Part:
    sort = "rule" if row.law is None else "law"
    aspects = {
        Aspect("demands"): demand(row.demand),
        Aspect("is for"): ", ".join(row.channels) or "every channel",
        Aspect("protects"): " and ".join(row.audience) or "everybody",
        Aspect("the reason", "text"): row.because,
    }
    if row.law is not None:
        aspects[Aspect("binds")] = _where(row.law)
        aspects[Aspect("the citation", "text")] = row.law.citation
        aspects[Aspect("was last checked on")] = row.law.checked.isoformat()
    return Part(sort, row.name, f"{sort} `{row.name}`", aspects, meaning(row), row.line)


def _where(law: Jurisdiction) -> str:
    words = f"{law.country} {law.region}".strip()
    words += f" from {law.begins}" if law.begins else ""
    words += f" until the day before {law.ends}" if law.ends else ""
    return words + (f", for {' and '.join(law.audience)}" if law.audience else "")


def demand(asked: Demand) -> str:
    """What a rule asks for."""
    match asked:
        case Hours():
            return _hours(asked)
        case Cap(at_most, within, per):
            return f"at most {at_most} in {wording.length(within)} for each {per}"
        case Gap(least, excepted):
            spared = ", but for steps of one sequence" if excepted else ""
            return f"{wording.length(least)} between two contacts{spared}"
        case NoHolidays(of):
            return f"no holidays of the {' and '.join(of)}"
        case Rest(days):
            return f"{days} days of rest after a refusal"
        case Consent(purchase, inquiry):
            return f"consent{_exceptions(purchase, inquiry)}"
        case Registry(purchase, inquiry):
            return f"respect for do-not-call lists{_exceptions(purchase, inquiry)}"


def _hours(asked: Hours) -> str:
    windows = (asked.window, *asked.or_on)
    words = " or ".join(f"{wording.hours(each)} on {wording.days(each)}" for each in windows)
    return words + (f", also in {', '.join(asked.also_in)}" if asked.also_in else "")


def _exceptions(purchase: int | None, inquiry: int | None) -> str:
    words = f", or a purchase within {purchase} days" if purchase is not None else ""
    return words + (f", or an inquiry within {inquiry} days" if inquiry is not None else "")
