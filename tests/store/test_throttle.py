"""The rate limit, against its definition worked out the long way."""

import re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.access.throttle import Quota, Standing, Throttle

SECOND = 1_000_000_000
QUOTAS = st.builds(Quota, requests=st.integers(1, 12), seconds=st.integers(1, 20))
#: Nanoseconds between two requests: many at once, odd amounts, and long rests.
PAUSES = st.lists(
    st.one_of(st.just(0), st.integers(0, SECOND), st.integers(0, 40 * SECOND)), max_size=40
)


class Definition:
    """What a bucket is, without a bucket.

    In no stretch of time may more pass than the quota and what comes in during the stretch.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.passed: list[int] = []

    def free(self, now: int) -> Fraction:
        """How much more may pass at a moment, whole or in part."""
        rate = Fraction(self.quota.requests, self.quota.seconds * SECOND)
        stretches = [
            self.quota.requests + rate * (now - start) - (len(self.passed) - number)
            for number, start in enumerate(self.passed)
        ]
        return min([Fraction(self.quota.requests), *stretches])

    def take(self, now: int) -> Standing:
        passes = self.free(now) >= 1
        if passes:
            self.passed.append(now)
        remaining = int(self.free(now))
        more_after = 0
        while int(self.free(now + more_after * SECOND)) <= remaining:
            more_after += 1
        return Standing(passes, self.quota, remaining, more_after)


@given(QUOTAS, PAUSES)
def test_bucket_keeps_to_the_definition(quota: Quota, pauses: list[int]) -> None:
    """Whatever comes when: who passes, what remains, and when there is more."""
    throttle, definition = Throttle(quota), Definition(quota)

    for now in accumulate(pauses):
        assert throttle.take("a", now) == definition.take(now)


@given(QUOTAS, PAUSES, st.lists(st.sampled_from("abc"), min_size=40, max_size=40))
def test_callers_do_not_share(quota: Quota, pauses: list[int], callers: list[str]) -> None:
    """Each has a bucket of their own."""
    throttle = Throttle(quota)
    definitions = {caller: Definition(quota) for caller in "abc"}

    for now, caller in zip(accumulate(pauses), callers, strict=False):
        assert throttle.take(caller, now) == definitions[caller].take(now)


@given(QUOTAS, PAUSES)
def test_who_waits_as_long_as_told_passes(quota: Quota, pauses: list[int]) -> None:
    """`Retry-After` is never too short."""
    throttle = Throttle(quota)

    for now in accumulate(pauses):
        standing = throttle.take("a", now)
        if not standing.passes:
            wait = int(standing.headers()["Retry-After"])
            assert throttle.take("a", now + wait * SECOND).passes
            return


@given(QUOTAS, PAUSES)
def test_headers_have_the_syntax_of_the_draft(quota: Quota, pauses: list[int]) -> None:
    """Structured fields with whole numbers; never told to come back before there is more."""
    throttle = Throttle(quota)

    for now in accumulate(pauses):
        headers = throttle.take("a", now).headers()
        assert headers["RateLimit-Policy"] == f'"default";q={quota.requests};w={quota.seconds}'
        told = re.fullmatch(r'"default";r=(0|[1-9]\d*);t=(0|[1-9]\d*)', headers["RateLimit"])
        assert told
        assert int(headers.get("Retry-After", told[2])) >= int(told[2]) >= 1


def test_a_minute_of_requests() -> None:
    """Six a minute: six at once, then one every ten seconds."""
    throttle = Throttle(Quota(6, 60))
    passes = [throttle.take("a", 0).passes for _ in range(8)]
    refused = throttle.take("a", 9 * SECOND)

    assert passes == [True] * 6 + [False] * 2
    assert refused.headers() == {
        "RateLimit-Policy": '"default";q=6;w=60',
        "RateLimit": '"default";r=0;t=1',
        "Retry-After": "1",
    }
    assert throttle.take("a", 10 * SECOND).headers() == {
        "RateLimit-Policy": '"default";q=6;w=60',
        "RateLimit": '"default";r=0;t=10',
    }
    assert throttle.take("a", 1000 * SECOND).remaining == 5


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    """Time that seems to go back counts as none, and is not given twice."""
    throttle = Throttle(Quota(1, 10))

    assert throttle.take("a", 100 * SECOND).passes
    assert not throttle.take("a", 0).passes
    assert not throttle.take("a", 105 * SECOND).passes
    assert throttle.take("a", 110 * SECOND).passes


def test_memory_is_bounded_and_keeps_who_asked_last() -> None:
    """However many callers there are; whoever goes on asking is not forgotten."""
    throttle = Throttle(Quota(1, 1000), most_callers=10)
    throttle.take("steady", 0)

    for number in range(1000):
        throttle.take(str(number), number)
        assert not throttle.take("steady", number).passes

    assert len(throttle._buckets) == 10


def test_threads_get_no_more_than_there_is() -> None:
    """Many at the same moment share one quota."""
    throttle = Throttle(Quota(100, 60))
    with ThreadPoolExecutor(8) as pool:
        standings = list(pool.map(lambda _: throttle.take("a", 7), range(1000)))

    assert sum(standing.passes for standing in standings) == 100


@pytest.mark.parametrize(("requests", "seconds"), [(0, 1), (1, 0), (-1, 1)])
def test_quota_of_nothing_is_refused(requests: int, seconds: int) -> None:
    """A quota that lets nobody pass, or has no window, is a mistake."""
    with pytest.raises(ValueError, match="at least 1"):
        Quota(requests, seconds)
