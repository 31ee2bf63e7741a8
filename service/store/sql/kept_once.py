"""What a deployment is given once, at random, and keeps for good."""

import secrets

from sqlalchemy import select, text

from service.store.sql.database import Database
from service.store.sql.tables import settings

_KEEP_THE_FIRST = text(
    "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING"
)
_BYTES = 32


def kept_once(database: Database, name: str) -> str:
    """The random text of that name, 64 hex digits: made by whoever asks first.

    It writes to the database: not to be called inside of a transaction that writes. Raises
    DatabaseAway.
    """
    kept = select(settings.c.value).where(settings.c.name == name)
    with database.reading() as connection:
        found = connection.execute(kept).scalar()
    if found is not None:
        return str(found)
    with database.writing() as connection:
        # Of many at once the first wins, and all read the same.
        made = {"name": name, "value": secrets.token_hex(_BYTES)}
        connection.execute(_KEEP_THE_FIRST, made)
        return str(connection.execute(kept).scalar_one())
