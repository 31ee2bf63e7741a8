"""Ids."""

from uuid import RFC_4122, UUID

from service.web.ids import new_id


def test_an_id_is_a_random_uuid_as_the_library_writes_it() -> None:
    """Version 4 of RFC 9562 in lower case, every one another; all four variants' digits come."""
    ids = [new_id() for _ in range(1_000)]

    assert {(UUID(one).version, UUID(one).variant) for one in ids} == {(4, RFC_4122)}
    assert ids == [str(UUID(one)) for one in ids]
    assert len(set(ids)) == len(ids)
    assert {one[19] for one in ids} == set("89ab")
