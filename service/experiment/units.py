"""Whom a request is about, as one unit: an account, the people of a domain, or one prospect.

People of one company talk to each other, so they are given an arm together.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from service.experiment.buckets import normal
from service.experiment.experiment import UnitKind

_LONGEST_LABEL = 63
_DOMAIN = re.compile(r"[^\s@.]+(\.[^\s@.]+)+")

#: Domains under which anybody can have an address: strangers there are nobody's colleagues,
#: and as one unit they would all get one arm.
_ANYBODYS: Final = frozenset(
    {
        *("126.com", "163.com", "aim.com", "aol.com", "att.net", "bellsouth.net"),
        *("bigpond.com", "bk.ru", "bluewin.ch", "bol.com.br", "btinternet.com"),
        *("charter.net", "comcast.net", "cox.net", "daum.net", "duck.com", "earthlink.net"),
        *("fastmail.com", "free.fr", "freenet.de", "gmail.com", "googlemail.com"),
        *("hanmail.net", "hey.com", "icloud.com", "inbox.ru", "interia.pl", "juno.com"),
        *("laposte.net", "libero.it", "list.ru", "mac.com", "mail.com", "mail.ru", "me.com"),
        *("msn.com", "naver.com", "netscape.net", "onet.pl", "optonline.net", "orange.fr"),
        *("pm.me", "proton.me", "protonmail.com", "qq.com", "rediffmail.com"),
        *("rocketmail.com", "sbcglobal.net", "seznam.cz", "sfr.fr", "sina.com"),
        *("sympatico.ca", "t-online.de", "telenet.be", "terra.com.br", "tuta.io"),
        *("tutanota.com", "uol.com.br", "verizon.net", "virgilio.it", "wanadoo.fr", "web.de"),
        *("windstream.net", "wp.pl", "ya.ru", "ymail.com", "zoho.com"),
    }
)
#: The same, with a domain for each country.
_ANYBODYS_ANYWHERE = re.compile(
    r"(gmx|hotmail|live|outlook|yahoo|yandex)\.(com|net|(com?\.)?[a-z]{2})"
)


class Unit(NamedTuple):
    """Who gets an arm as one. `key` is the id, or the domain."""

    type: UnitKind
    key: str


class Identity(NamedTuple):
    """What a request says of who it is about; empty where it says nothing."""

    prospect_id: str
    account_id: str = ""
    email: str = ""


def units_of(kind: UnitKind, identity: Identity) -> Iterator[Unit]:
    """What the prospect can be counted as, the widest first and never wider than `kind`.

    The first is whom a new assignment is for. A row may stand under any of them, from before
    the account was known, and then holds: look them all up, in this order.
    """
    if kind == "account" and identity.account_id.strip():
        yield Unit("account", normal(identity.account_id))
    if kind != "prospect" and (domain := company_domain(identity.email)):
        yield Unit("email_domain", normal(domain))
    if identity.prospect_id.strip():
        yield Unit("prospect", normal(identity.prospect_id))


def company_domain(address: str) -> str:
    """The domain of an e-mail address as one company's; empty where it is no company's.

    Small letters, and the ASCII form of names in other scripts. Parts of a company with domains
    of their own below its domain (`uk.example.com`) are counted apart.
    """
    domain = address.rpartition("@")[2].strip().rstrip(".").lower()
    if "@" not in address or not _DOMAIN.fullmatch(domain):
        return ""
    if not domain.isascii() or len(domain) > _LONGEST_LABEL:  # for others IDNA changes nothing
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return ""
    return "" if domain in _ANYBODYS or _ANYBODYS_ANYWHERE.fullmatch(domain) else domain
