"""What one of several processes does that come with the same keys at once."""

from datetime import UTC, datetime

from service.store.ledger.repeats import Repeats, asked
from service.store.sql.database import Database

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)


def begin_thirty(url: str) -> list[str]:
    """How thirty keys stand, one after the other."""
    database = Database(url)
    kept = Repeats(database)
    keys = [asked("key-1", f"k-{n}", "POST", "/", b"") for n in range(30)]
    found = [kept.begin(key, NOW).kind for key in keys]
    database.close()
    return found
