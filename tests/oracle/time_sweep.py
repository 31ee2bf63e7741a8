"""The sweep through time: `make fuzz-time`. Every zone, every hour of two years, every window.

For each zone the clock on the wall is read every quarter of an hour; from that it is known
when each built-in window is open, and the product's answer for each hour is compared.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from service.decision.calendar import Calendar
from service.decision.timing import schedule
from service.playbook import load
from service.playbook.rules import Window
from tests.oracle.clock import is_open
from tests.oracle.whereabouts import ZONES

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TWO_YEARS = timedelta(days=730)
QUARTER = timedelta(minutes=15)
#: What is asked at the end of the two years may be due a few days later.
MARGIN = timedelta(days=10)
SHOWN = 10
_PLAYBOOK = """
playbook: plain
title: Plain
about: A playbook with the built-in windows.
otherwise: {action: wait, because: Nothing else.}
"""


def windows() -> list[Window]:
    """The windows that every playbook has."""
    ruleset = load(_PLAYBOOK).ruleset
    assert ruleset is not None
    return [*ruleset.windows.values()]


def openings(window: Window, zone: ZoneInfo) -> list[datetime | None]:
    """For each quarter of an hour the first from there on in which a window is open."""
    count = (TWO_YEARS + MARGIN) // QUARTER
    found: list[datetime | None] = [None] * count
    ahead: datetime | None = None
    for number in reversed(range(count)):
        quarter = BEGIN + number * QUARTER
        if is_open(window, quarter, zone):
            ahead = quarter
        found[number] = ahead
    return found


def sweep(name: str) -> tuple[int, list[str]]:
    """How many hours were compared in a zone, and where the answer was another."""
    zone = ZoneInfo(name)
    calendar = Calendar(zone, None, None)
    compared, wrong = 0, []
    for window in windows():
        expected = openings(window, zone)
        for hour in range(TWO_YEARS // timedelta(hours=1)):
            asked = BEGIN + timedelta(hours=hour)
            timing = schedule(asked, asked, window, calendar, None)
            compared += 1
            if timing is None or timing.due != expected[hour * 4]:
                wrong.append(f"{name}, {window.name}, {asked}: {timing}, not {expected[hour * 4]}")
    return compared, wrong


def main() -> int:
    """Sweeps through all zones, or those that are named, on every core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("zones", nargs="*", default=sorted(ZONES))
    names = parser.parse_args().zones
    begin, total, wrong = time.monotonic(), 0, []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, (compared, found) in enumerate(pool.map(sweep, names), start=1):
            total += compared
            wrong += found
            if number % 50 == 0 or number == len(names):
                seconds = time.monotonic() - begin
                sys.stdout.write(
                    f"{number} zones, {total:,} hours in {seconds:,.0f} s, {len(wrong)} wrong\n"
                )
                sys.stdout.flush()
    sys.stdout.write("".join(f"{line}\n" for line in wrong[:SHOWN]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
