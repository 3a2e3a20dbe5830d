"""Which home a listing is of, once its record says something else."""

from itertools import permutations
from random import Random
from uuid import UUID

from property_alert_notification.homes.properties.grouping import Grouping
from property_alert_notification.homes.properties.identity import identity_of
from tests.unit.homes.identities import identity_in

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


def test_a_listing_with_a_mate_that_joins_them_and_another_home_leaves_no_home_without_listings() -> None:
    found = grouping({A: OTHER, B: OTHER, C: HOME}, (A, B), (B, C))
    found.place(B, [A, C], lambda: NEW)
    assert (found.home_of, found.merged) == ({A: HOME, B: HOME, C: HOME}, {OTHER: HOME})
    assert found.regrouped == {HOME}


def test_new_listings_that_one_of_them_joins_are_one_home_in_any_order() -> None:
    for order in permutations((A, B, C)):
        for homes in permutations((HOME, OTHER, NEW)):
            found = grouping(dict(zip((A, B, C), homes, strict=True)), (A, B), (B, C))
            for listing in order:
                found.place(listing, {A: [B], B: [A, C], C: [B]}[listing], lambda: UUID(int=99))
            assert len(found.regrouped) == 1
            assert found.regrouped == set(found.home_of.values())


PARCEL = {"ParcelNumber": "641410-0192", "CountyOrParish": "King", "StateOrProvince": "WA"}
CORNER = "123 Main St", "5 Oak Ave", "123 Main Street"
"""A house at a corner, which one agent lists under its other address."""
FLATS = "12 Main St", "12 Main St #4", "12 Main St #5"


def of_one_parcel(addresses: tuple[str, ...], home_of: dict[UUID, UUID], *same: tuple[UUID, UUID]) -> Grouping:
    identities = {
        one: identity_in(PARCEL | {"UnparsedAddress": address}) for one, address in zip(home_of, addresses, strict=True)
    }
    return Grouping(home_of, identities, dict.fromkeys(map(frozenset, same), True))


def test_what_an_operator_said_of_two_addresses_holds_for_the_next_listing_with_one_of_them() -> None:
    without = of_one_parcel(CORNER, {A: HOME, B: OTHER, C: NEW})
    without.place(C, [A, B], lambda: UUID(int=99))
    assert without.home_of == {A: HOME, B: OTHER, C: HOME}

    found = of_one_parcel(CORNER, {A: HOME, B: HOME, C: NEW}, (A, B))
    found.place(C, [A, B], lambda: UUID(int=99))
    assert found.home_of == {A: HOME, B: HOME, C: HOME}


def test_a_listing_without_a_unit_that_an_operator_gave_a_unit_is_not_the_next_unit() -> None:
    found = of_one_parcel(FLATS, {A: HOME, B: HOME, C: NEW}, (A, B))
    found.place(C, [A, B], lambda: UUID(int=99))
    assert found.home_of == {A: HOME, B: HOME, C: NEW}


def test_a_home_of_which_an_operator_said_that_it_is_one_stays_one_when_its_listings_are_placed_again() -> None:
    for order in permutations((A, B, C)):
        found = of_one_parcel(CORNER, {A: HOME, B: HOME, C: HOME}, (A, B))
        for listing in order:
            found.place(listing, {A, B, C} - {listing}, lambda: UUID(int=99))
        assert (found.home_of, found.regrouped) == ({A: HOME, B: HOME, C: HOME}, set())


def test_two_homes_of_which_an_operator_said_that_they_are_one_are_so_for_a_listing_of_both() -> None:
    found = of_one_parcel(CORNER, {A: HOME, B: HOME, C: OTHER}, (A, B))
    found.place(A, [B, C], lambda: UUID(int=99))
    assert set(found.home_of.values()) == {HOME}


def test_whatever_is_placed_only_homes_with_listings_are_regrouped_or_merged_into() -> None:
    random = Random(20261130)
    for _ in range(200):
        listings = [UUID(int=number) for number in range(1, 9)]
        homes = [UUID(int=number) for number in range(11, 16)]
        pairs = [frozenset(random.sample(listings, 2)) for _ in range(14)]
        home_of = {one: random.choice(homes) for one in listings}
        found = Grouping(
            home_of, dict.fromkeys(home_of, identity_of("")), {its: random.random() < 0.7 for its in pairs}
        )
        ids = iter(UUID(int=number) for number in range(100, 200))
        for listing in random.choices(listings, k=6):
            found.place(listing, listings, lambda: next(ids))  # noqa: B023 - called within the turn
        there = set(found.home_of.values())
        assert found.regrouped | set(found.merged.values()) <= there
        assert not there & found.merged.keys()
