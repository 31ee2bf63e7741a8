"""Ids."""

from time import time_ns
from uuid import RFC_4122, UUID

from service.store.ledger.ids import new_id


def test_an_id_is_a_uuid_of_the_moment() -> None:
    """Version 7 of RFC 9562 in lower case, every one another; all four variants' digits come."""
    before = time_ns() // 1_000_000
    ids = [new_id() for _ in range(1_000)]
    after = time_ns() // 1_000_000

    assert {(UUID(one).version, UUID(one).variant) for one in ids} == {(7, RFC_4122)}
    assert ids == [str(UUID(one)) for one in ids]
    assert len(set(ids)) == len(ids)
    assert {one[19] for one in ids} == set("89ab")
    assert all(before <= UUID(one).int >> 80 <= after for one in ids)
