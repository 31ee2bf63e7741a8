"""Names for people that say nothing about them, yet are the same each time.

Where a person must not be named, as in the audit trail, a keyed hash stands for them: whoever
has the person's id and this database can find their entries, and nobody can go the other way
by trying e-mail addresses, as with a plain hash, without the secret in the database.
"""

import hmac
import secrets

from sqlalchemy import select, text

from service.store.database import Database
from service.store.tables import settings

_SECRET = "pseudonym-secret"  # noqa: S105 - the name of the setting
_KEPT = select(settings.c.value).where(settings.c.name == _SECRET)
_KEEP_THE_FIRST = text(
    "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING"
)


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
            self._secret = bytes.fromhex(_kept_secret(self._database))
        return f"person:{hmac.digest(self._secret, prospect_id.encode(), 'sha256').hex()}"


def _kept_secret(database: Database) -> str:
    with database.reading() as connection:
        found = connection.execute(_KEPT).scalar()
    if found is not None:
        return str(found)
    with database.writing() as connection:
        # Of many at once the first wins, and all read the same.
        connection.execute(_KEEP_THE_FIRST, {"name": _SECRET, "value": secrets.token_hex(32)})
        return str(connection.execute(_KEPT).scalar_one())
