"""Names for people that say nothing about them, yet are the same each time.

Where a person must not be named, as in the audit trail, a keyed hash stands for them: whoever
has the person's id and this database can find their entries, and nobody can go the other way
by trying e-mail addresses, as with a plain hash, without the secret in the database.
"""

import hmac

from service.store.sql.database import Database
from service.store.sql.kept_once import kept_once

_SECRET = "pseudonym-secret"  # noqa: S105 - the name of the setting


class Pseudonyms:
    """The pseudonyms of one deployment; any thread may ask.

    The secret behind them is made at the first use of the first process, and never changes.
    That use writes to the database: it must not be inside of a transaction that writes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._secret: bytes | None = None

    def __call__(self, prospect_id: str) -> str:
        """The name that stands for a person: `person:` and 64 hex digits, HMAC-SHA256.

        Raises DatabaseAway, at the first use alone.
        """
        if self._secret is None:
            self._secret = bytes.fromhex(kept_once(self._database, _SECRET))
        return f"person:{hmac.digest(self._secret, prospect_id.encode(), 'sha256').hex()}"
