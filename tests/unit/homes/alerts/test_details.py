"""What an alert is made of, as the store keeps it."""

import json
from dataclasses import replace

import pytest

from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch

SEARCHES = [
    (ToldSearch("Near work", "Homes, up to $600,000", is_new=True, number=7),),
    (
        ToldSearch('“Casa” \\ "é"\n\x00\ud83c', "", is_new=False),
        ToldSearch("", "Homes with “word”, 𝄞", is_new=True, number=2**40),
    ),
    (),
]


@pytest.mark.parametrize("searches", SEARCHES)
def test_details_are_stored_as_json_and_come_back(searches: tuple[ToldSearch, ...]) -> None:
    facts = (ToldFact("Price Change", "ListPrice", 500_000, 480_000),)
    details = AlertDetails("en", "1", "1 Main St", None, "Active", 480_000, "USD", facts, searches)

    assert json.loads(details.stored)["searches"] == [list(one) for one in searches]
    assert AlertDetails.read(details.stored) == details


def test_only_an_alert_that_needs_a_value_of_this_version_has_it_in_the_store() -> None:
    fact = ToldFact("Price Change", "ListPrice", 500_000, 480_000)
    details = AlertDetails("en", "1", "1 Main St", None, "Active", 480_000, "USD", (fact,), SEARCHES[0])
    stored = json.loads(details.stored)
    assert stored["facts"] == [["Price Change", "ListPrice", 500_000, 480_000, None]]
    assert "is_to_let" not in stored

    let = replace(details, facts=(fact._replace(also="In Range"),), is_to_let=True)
    assert AlertDetails.read(let.stored) == let
