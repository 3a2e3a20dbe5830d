"""The text of a first alert, and the homes that it names."""

from dataclasses import replace

import pytest

from property_alert_notification.base.reasons import Reason
from property_alert_notification.homes.alerts.before_sending.freshness import (
    LISTING_GONE,
    NO_LONGER_MATCHES,
    still_holds,
)
from property_alert_notification.homes.alerts.details import AlertDetails, ToldSearch, details_of
from property_alert_notification.homes.alerts.first_alert import (
    COUNTED,
    COUNTED_ONLY,
    NAMED,
    FirstAlert,
    places_in,
    write_first_alert,
)


def a_home(key: int, price: int = 400_000) -> AlertDetails:
    fields = {"UnparsedAddress": f"{key} Main St", "StandardStatus": "Active", "ListPrice": price, "currency": "USD"}
    return details_of(fields, (), (ToldSearch("Near work", "", is_new=False, number=1),), "en", matched=3)


def text(count: int, matched: int, language: str = "en") -> tuple[str, list[str]]:
    homes = [a_home(key) for key in range(count)]
    title, message = write_first_alert(FirstAlert("Near work", "up to $500,000", homes, matched), language)
    return title, message.splitlines()


@pytest.mark.parametrize(
    ("count", "matched", "title", "last"),
    [
        (0, 0, "No home matches your search “Near work” yet", None),
        (1, 1, "1 home matches your search “Near work”", "- 0 Main St, $400,000"),
        (3, 5, "3 homes match your search “Near work”", "- 2 Main St, $400,000"),
        (22, 25, "22 homes match your search “Near work”", "and 2 more"),
        (COUNTED, COUNTED, "50 homes match your search “Near work”", "and 30 more"),
        (48, 900, "48 or more homes match your search “Near work”", "and others: 900 matched when you saved it"),
    ],
)
def test_the_number_is_that_of_the_homes_that_match_now(count: int, matched: int, title: str, last: str | None) -> None:
    found, lines = text(count, matched)
    assert found == title
    assert [line for line in lines if line.startswith(("- ", "and "))][-1:] == [last] * (last is not None)
    assert sum(line.startswith("- ") for line in lines) == min(count, NAMED)


def test_it_is_written_in_spanish() -> None:
    assert text(22, 22, "es")[0] == "22 viviendas coinciden con su búsqueda «Near work»"
    assert "y 2 más" in text(22, 22, "es")[1]
    assert "y otras: 60 coincidían cuando la guardó" in text(22, 60, "es")[1]


@pytest.mark.parametrize(
    ("status", "language", "line"),
    [
        ("Active", "en", "- 1 Main St, $400,000"),
        ("Pending", "en", "- 1 Main St, $400,000 (Pending)"),
        ("Active Under Contract", "es", "- 1 Main St, 400.000\N{NO-BREAK SPACE}$ (bajo contrato)"),
        ("Hold", "es", "- 1 Main St, 400.000\N{NO-BREAK SPACE}$ (en pausa)"),
    ],
)
def test_a_home_that_is_not_simply_on_offer_is_named_with_its_status(status: str, language: str, line: str) -> None:
    home = replace(a_home(1), status=status, language=language)
    assert line in write_first_alert(FirstAlert("Near work", "", [home], 1), language)[1].splitlines()


def test_a_home_beyond_the_first_is_named_when_another_one_is_gone() -> None:
    homes: list[AlertDetails | Reason] = [a_home(key) for key in range(NAMED + 2)]
    assert places_in(homes) == [None] * NAMED + [COUNTED_ONLY] * 2
    homes[0], homes[5], homes[7] = LISTING_GONE, NO_LONGER_MATCHES, LISTING_GONE
    places = places_in(homes)
    assert (places[0], places[5], places[7]) == (LISTING_GONE, NO_LONGER_MATCHES, LISTING_GONE)
    assert places.count(None) == NAMED - 1
    assert COUNTED_ONLY not in places


def test_a_home_of_a_first_alert_has_the_price_of_now_and_no_facts() -> None:
    now = {"StandardStatus": "Active", "ListPrice": 450_000, "currency": "USD"}
    held = still_holds(a_home(1), now, has_newer=False, is_overtaken=False, is_over=lambda _: False)
    assert isinstance(held, AlertDetails)
    assert (held.price, held.facts) == (450_000, ())
