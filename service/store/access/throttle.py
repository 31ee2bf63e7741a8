"""How often a caller may ask: a bucket of requests for each, which fills up again by itself.

Each process counts for itself, so with N workers or replicas a caller gets up to N times the
quota. That keeps one caller from taking everything; it is no accounting.

The headers follow draft-ietf-httpapi-ratelimit-headers-10, the problem's type too.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

#: What the policy is called in the headers.
POLICY = "default"
_SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True)
class Quota:
    """So many requests in so many seconds; all of them may come at once.

    Raises ValueError where one of them is not at least 1.
    """

    requests: int
    seconds: int

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds < 1:
            message = "a quota is at least 1 request in at least 1 second"
            raise ValueError(message)


class Standing(NamedTuple):
    """Whether a request may pass, and how its caller stands after it.

    Attributes:
        passes: whether it may.
        quota: the quota it was measured against.
        remaining: how many more may pass at once.
        more_after: seconds until there is one more, rounded up.
    """

    passes: bool
    quota: Quota
    remaining: int
    more_after: int

    def headers(self) -> dict[str, str]:
        """The headers of the answer; with `Retry-After` where the request may not pass."""
        quota, window = self.quota.requests, self.quota.seconds
        told = {
            "RateLimit-Policy": f'"{POLICY}";q={quota};w={window}',
            "RateLimit": f'"{POLICY}";r={self.remaining};t={self.more_after}',
        }
        return told if self.passes else {**told, "Retry-After": str(self.more_after)}


class _Bucket(NamedTuple):
    """What was in a bucket at a moment.

    One request is worth the nanoseconds of a window, and each nanosecond brings as much as
    requests fit into a window: so all numbers are whole, and nothing is lost in rounding.
    """

    level: int
    at: int


class Throttle:
    """The buckets of one process; any thread may ask.

    Args:
        quota: what each caller gets.
        most_callers: so many are remembered; beyond them, who has asked for nothing for the
            longest time is forgotten, and begins again with a full bucket.
    """

    def __init__(self, quota: Quota, most_callers: int = 10_000) -> None:
        self._quota = quota
        self._most = most_callers
        self._request = quota.seconds * _SECOND
        self._full = quota.requests * self._request
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()  # who asked last comes last
        self._gate = Lock()

    def take(self, caller: str, now: int) -> Standing:
        """Take one request out of a caller's bucket, if one is in it.

        Args:
            caller: whose, e.g. the id of a key.
            now: nanoseconds of a clock that only ever grows (`time.monotonic_ns()`).
        """
        with self._gate:
            before = self._buckets.pop(caller, _Bucket(self._full, now))
            passed = max(0, now - before.at)
            level = min(self._full, before.level + passed * self._quota.requests)
            passes = level >= self._request
            if passes:
                level -= self._request
            self._buckets[caller] = _Bucket(level, max(now, before.at))
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return self._standing(level, passes=passes)

    def _standing(self, level: int, *, passes: bool) -> Standing:
        remaining, over = divmod(level, self._request)
        missing = self._request - over
        more_after = -(-missing // (self._quota.requests * _SECOND))  # rounded up
        return Standing(passes, self._quota, remaining, more_after)
