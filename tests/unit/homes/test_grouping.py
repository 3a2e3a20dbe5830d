"""Which home a listing is of, once its record says something else."""

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
    assert (found.home_of, found.merged) == ({A: HOME, B: NEW}, {})
    assert found.regrouped == {HOME, NEW}


def test_a_listing_that_joins_another_home_is_split_off_from_its_own() -> None:
    found = grouping({A: HOME, B: HOME, C: OTHER}, (B, C))
    found.place(B, [C], lambda: NEW)
    assert (found.home_of, found.merged) == ({A: HOME, B: OTHER, C: OTHER}, {})
    assert found.regrouped == {HOME, OTHER}


def test_the_only_listing_of_a_home_takes_its_home_along() -> None:
    found = grouping({B: HOME, C: OTHER}, (B, C))
    found.place(B, [C], lambda: NEW)
    assert (found.home_of, found.merged) == ({B: OTHER, C: OTHER}, {HOME: OTHER})


def test_a_home_is_merged_if_all_its_listings_join_another_one() -> None:
    found = grouping({A: HOME, B: HOME, C: OTHER}, (B, C), (A, C))
    found.place(B, [C], lambda: NEW)
    found.place(A, [C], lambda: NEW)
    assert (set(found.home_of.values()), found.merged) == ({OTHER}, {HOME: OTHER})
