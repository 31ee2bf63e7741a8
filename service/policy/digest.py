"""A fingerprint of what a policy does: the same words give the same digest."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta

from service.policy.policy import Row, Seller


def digest_of(rows: Iterable[Row], seller: Seller) -> str:
    """`sha256:` and the hash of the canonical JSON of all that decides."""
    document = {"rows": [_plain(row) for row in rows], "seller": asdict(seller)}
    canonical = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_json
    )
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _plain(row: Row) -> dict[str, object]:
    """A row without its line, which decides nothing, and with the kind of its demand."""
    found = asdict(row)
    del found["line"]
    return {**found, "kind": type(row.demand).__name__}


def _as_json(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a policy holds a {type(value).__name__}, which JSON does not know")
