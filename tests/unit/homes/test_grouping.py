"""Which listings left a home that others stay in: what they told counts as told of both homes."""

from uuid import UUID

from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.identity import identity_of

A, B, C = (UUID(int=number) for number in (1, 2, 3))
HOME, OTHER, NEW = (UUID(int=number) for number in (11, 12, 13))


def grouping(home_of: dict[UUID, UUID], *same: tuple[UUID, UUID]) -> Grouping:
    """Listings of which only an operator says which are of the same home."""
    rulings = dict.fromkeys(map(frozenset, same), True)
    return Grouping(home_of, dict.fromkeys(home_of, identity_of("")), rulings)


def test_a_listing_that_belongs_to_no_mate_any_more_is_split_off() -> None:
    found = grouping({A: HOME, B: HOME})
    found.place(B, [], lambda: NEW)
    assert found.split_off() == [(B, HOME, NEW)]


def test_a_listing_that_joins_another_home_is_split_off_from_its_own() -> None:
    found = grouping({A: HOME, B: HOME, C: OTHER}, (B, C))
    found.place(B, [C], lambda: NEW)
    assert found.split_off() == [(B, HOME, OTHER)]


def test_the_only_listing_of_a_home_takes_its_home_along() -> None:
    found = grouping({B: HOME, C: OTHER}, (B, C))
    found.place(B, [C], lambda: NEW)
    assert (found.merged, found.split_off()) == ({HOME: OTHER}, [])


def test_a_listing_is_not_split_off_if_its_mates_follow() -> None:
    found = grouping({A: HOME, B: HOME, C: OTHER}, (B, C), (A, C))
    found.place(B, [C], lambda: NEW)
    found.place(A, [C], lambda: NEW)
    assert (found.merged, found.split_off()) == ({HOME: OTHER}, [])
