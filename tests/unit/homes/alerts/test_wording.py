"""The text of alerts, in both languages."""

from dataclasses import replace
from typing import Any

import pytest

from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch, details_of
from property_alert_notification.homes.alerts.differences import NAMED
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.wording import LONGEST_TITLE, lines_in_digest, money, write
from property_alert_notification.homes.reso.words import ChangeType

CUT = ToldFact("Price Change", "ListPrice", 500_000, 470_000)
HOUSE = {"OpenHouseDate": "2026-12-01", "OpenHouseStartTime": "10:00", "OpenHouseEndTime": "12:00"}
SEARCHES = (ToldSearch("Near work", "Seattle, up to $600,000", False), ToldSearch("Cheap", "", True))
ALERT = AlertDetails("en", "1", "1 Main St", "Seattle", "Active", 470_000, "USD", (CUT,), SEARCHES)


def test_an_alert_names_home_price_change_and_searches() -> None:
    assert write(ALERT) == (
        "New price: 1 Main St",
        (
            "1 Main St\nPrice: $470,000\nPrice changed from $500,000 to $470,000\n\n"
            "It matches your saved searches:\n- Near work: Seattle, up to $600,000\n- Cheap"
        ),
    )


def test_its_item_in_a_digest_has_the_price_what_changed_and_the_names_of_the_searches() -> None:
    price, change, searches = lines_in_digest(ALERT)
    assert (price, change) == ("Price: $470,000", "Price changed from $500,000 to $470,000")
    assert searches == "It matches your saved searches: Near work, Cheap"
    new = ToldFact("New Listing", None, None, None)
    one = lines_in_digest(replace(ALERT, searches=SEARCHES[:1], facts=(new,), price=None))
    assert one == ["Your saved search: Near work"]
    many = lines_in_digest(replace(ALERT, language="es", searches=SEARCHES * 3))
    assert many[-1] == "Coincide con sus búsquedas guardadas: Near work, Cheap, Near work, y 3 más"


def test_an_alert_in_spanish() -> None:
    title, message = write(replace(ALERT, language="es"))
    assert title == "Nuevo precio: 1 Main St"
    assert "El precio cambió de 500.000\N{NO-BREAK SPACE}$ a 470.000\N{NO-BREAK SPACE}$" in message


def test_the_title_names_the_newest_status() -> None:
    statuses = (("Withdrawn", "Active"), ("Pending", "Withdrawn"))
    facts = tuple(ToldFact(now, "StandardStatus", before, now) for now, before in statuses)
    assert write(replace(ALERT, facts=facts))[0] == "Now pending: 1 Main St"


NEW = ToldFact("New Listing", "StandardStatus", None, "Active")


@pytest.mark.parametrize("first", [NEW, CUT, ToldFact("Back On Market", "StandardStatus", "Pending", "Active")])
def test_a_home_that_cannot_be_had_any_more_is_announced_by_its_status(first: ToldFact) -> None:
    sold = ToldFact("Closed", "StandardStatus", "Active", "Closed")
    assert write(replace(ALERT, facts=(first, sold), status="Closed"))[0] == "Sold: 1 Main St"
    under_contract = ToldFact("Active Under Contract", "StandardStatus", "Active", "Active Under Contract")
    title, _ = write(replace(ALERT, facts=(NEW, under_contract), status="Active Under Contract"))
    assert title == "New listing: 1 Main St"
    in_range = ToldFact(IN_RANGE, "StandardStatus", "Active", "Pending")
    title, _ = write(replace(ALERT, facts=(first, in_range), status="Pending"))
    assert title == write(replace(ALERT, facts=(first,)))[0], "it names the fact that is more important"


@pytest.mark.parametrize(
    ("facts", "status", "english", "spanish"),
    [
        ((NEW,), "Active", None, None),
        ((NEW,), "Active Under Contract", "Status: Active Under Contract", "Estado: bajo contrato"),
        ((CUT,), "Pending", "Status: Pending", "Estado: venta pendiente"),
        ((ToldFact("Pending", "StandardStatus", "Active", "Pending"),), "Pending", None, None),
        ((ToldFact("Coming Soon", "StandardStatus", None, "Coming Soon"), CUT), "Coming Soon", None, None),
        ((CUT,), "", None, None),
    ],
)
def test_a_status_is_named_that_no_fact_tells(
    facts: tuple[ToldFact, ...], status: str, english: str | None, spanish: str | None
) -> None:
    for language, expected in (("en", english), ("es", spanish)):
        lines = write(replace(ALERT, facts=facts, status=status, language=language))[1].splitlines()
        assert [one for one in lines if one.startswith(("Status", "Estado"))] == ([expected] if expected else [])


def test_a_home_that_is_let_is_not_sold() -> None:
    closed = ToldFact("Closed", "StandardStatus", "Pending", "Closed")
    home = replace(ALERT, facts=(closed,), status="Closed", is_to_let=True)
    assert write(home)[0] == "Rented: 1 Main St"
    title, message = write(replace(home, language="es"))
    assert title == "Alquilada: 1 Main St"
    assert "Alquilada (antes: alquiler pendiente)" in message
    back = ToldFact("Back On Market", "StandardStatus", "Pending", "Active")
    assert write(replace(home, facts=(back,), language="es"))[0] == "De nuevo en alquiler: 1 Main St"
    assert details_of({"PropertyType": "Residential Lease"}, (), (), "en").is_to_let
    assert not details_of({"PropertyType": "Residential"}, (), (), "en").is_to_let


def test_a_hidden_address_is_not_named() -> None:
    assert write(replace(ALERT, address=None))[0] == "New price: A home in Seattle"
    assert write(replace(ALERT, address=None, city=None, price=None))[0] == "New price: A home"


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (ToldFact("Pending", "StandardStatus", "Active", "Pending"), "Now pending (it was Active)"),
        (ToldFact(IN_RANGE, "ListPrice", 500_000, 470_000), "Price changed from $500,000 to $470,000"),
        (
            ToldFact("Price Change", "ListPrice", 470_000, 470_000, "EUR"),
            "Price changed from €470,000 to $470,000",
        ),
        (ToldFact(IN_RANGE, None, None, None), "It did not match before, and does now"),
        (ToldFact(IN_RANGE, "StandardStatus", "Pending", "Active"), "Now active (it was Pending)"),
        (ToldFact(IN_RANGE, "StandardStatus", "Active", "Closed"), "Sold (it was Active)"),
        (ToldFact("Open House", "OpenHouse", None, HOUSE), "Open house on December 1, 2026, 10:00 AM to 12:00 PM"),
        (
            ToldFact("Open House", "OpenHouse", HOUSE, None),
            "Open house on December 1, 2026, 10:00 AM to 12:00 PM is cancelled",
        ),
        (
            ToldFact("Open House", "OpenHouse", {"OpenHouseDate": "2026-12-02"}, {"OpenHouseDate": "2026-12-03"}),
            "Open house moved from December 2, 2026 to December 3, 2026",
        ),
    ],
)
def test_each_fact_has_a_sentence(fact: ToldFact, line: str) -> None:
    assert line in write(replace(ALERT, facts=(fact,)))[1].splitlines()


@pytest.mark.parametrize(
    ("field", "before", "after", "english", "spanish"),
    [
        ("BedroomsTotal", 2, 3, "Bedrooms: 3 (it was 2)", "Dormitorios: 3 (antes: 2)"),
        (
            "LivingArea",
            {"area": 990, "unit": "Square Feet"},
            {"area": 1250.5, "unit": "Square Feet"},
            "Living area: 1,250.5 sq ft (it was 990 sq ft)",
            "Superficie habitable: 1.250,5 pies cuadrados (antes: 990 pies cuadrados)",
        ),
        (
            "YearBuilt",
            None,
            1998,
            "Year built: 1998 (the listing did not say before)",
            "Año de construcción: 1998 (antes el anuncio no lo indicaba)",
        ),
        (
            "City",
            "Kent",
            None,
            "City: the listing does not say any more (it was Kent)",
            "Ciudad: el anuncio ya no lo indica (antes: Kent)",
        ),
        (
            "PropertySubType",
            "Condominium",
            "Townhouse",
            "Property subtype: Townhouse (it was Condominium)",
            "Subtipo: casa adosada (antes: condominio)",
        ),
    ],
)
def test_a_range_is_told_with_what_became_different(
    field: str, before: Any, after: Any, english: str, spanish: str
) -> None:
    told = replace(ALERT, facts=(ToldFact(IN_RANGE, field, before, after),))
    assert english in write(told)[1].splitlines()
    assert spanish in write(replace(told, language="es"))[1].splitlines()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("field", NAMED)
def test_each_field_that_is_named_has_words(field: str, language: str) -> None:
    told = replace(ALERT, facts=(ToldFact(IN_RANGE, field, 1, 2),), language=language)
    assert write(told)[1].splitlines()[2].endswith(": 2 (it was 1)" if language == "en" else ": 2 (antes: 1)")


SEATTLE = {
    "OpenHouseDate": "2026-12-01",
    "OpenHouseStartTime": "2026-12-01T10:00:00-08:00",
    "OpenHouseEndTime": "2026-12-01T12:30:00-08:00",
}


@pytest.mark.parametrize(
    ("house", "english", "spanish"),
    [
        (SEATTLE, "December 1, 2026, 10:00 AM to 12:30 PM", "1 de diciembre de 2026, de 10:00 a 12:30"),
        (SEATTLE | {"OpenHouseEndTime": None}, "December 1, 2026, 10:00 AM", "1 de diciembre de 2026, 10:00"),
        (
            HOUSE | {"OpenHouseStartTime": "10:00:00"},
            "December 1, 2026, 10:00 AM to 12:00 PM",
            "1 de diciembre de 2026, de 10:00 a 12:00",
        ),
        # After midnight, and on another day.
        (
            SEATTLE | {"OpenHouseEndTime": "2026-12-02T01:00:00-08:00"},
            "December 1, 2026, 10:00 AM to 1:00 AM",
            "1 de diciembre de 2026, de 10:00 a 01:00",
        ),
        (
            SEATTLE | {"OpenHouseEndTime": "2026-12-05T16:00:00-08:00"},
            "December 1, 2026, 10:00 AM to December 5, 2026, 4:00 PM",
            "1 de diciembre de 2026, de 10:00 a 5 de diciembre de 2026, 16:00",
        ),
        # In winter London has the time of UTC. With Z it is not known where it is.
        (
            SEATTLE | {"OpenHouseStartTime": "2026-12-01T10:00:00+00:00", "OpenHouseEndTime": None},
            "December 1, 2026, 10:00 AM",
            "1 de diciembre de 2026, 10:00",
        ),
        (
            SEATTLE | {"OpenHouseStartTime": "2026-12-02T01:00:00Z", "OpenHouseEndTime": "2026-12-02T03:00:00Z"},
            "December 2, 2026, 1:00 AM to 3:00 AM UTC",
            "2 de diciembre de 2026, de 01:00 a 03:00 UTC",
        ),
        (
            SEATTLE | {"OpenHouseType": "Livestream Public", "AppointmentRequiredYN": True},
            "December 1, 2026, 10:00 AM to 12:30 PM, online, by appointment",
            "1 de diciembre de 2026, de 10:00 a 12:30, en línea, con cita previa",
        ),
    ],
)
def test_the_time_of_an_open_house_is_that_where_it_is(house: Any, english: str, spanish: str) -> None:
    alert = replace(ALERT, facts=(ToldFact("Open House", "OpenHouse", None, house),))
    assert f"Open house on {english}" in write(alert)[1].splitlines()
    assert f"Puertas abiertas el {spanish}" in write(replace(alert, language="es"))[1].splitlines()


def test_a_price_that_also_brought_the_home_into_a_range_is_told_once() -> None:
    facts = [ToldFact(kind, "ListPrice", 500_000, 470_000) for kind in ("Price Change", IN_RANGE)]
    lines = write(replace(ALERT, facts=tuple(facts)))[1].splitlines()
    assert lines.count("Price changed from $500,000 to $470,000") == 1


def test_the_status_before_is_in_the_language_of_the_user() -> None:
    fact = ToldFact("Pending", "StandardStatus", "Active Under Contract", "Pending")
    assert "Venta pendiente (antes: bajo contrato)" in write(replace(ALERT, facts=(fact,), language="es"))[1]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", [*ChangeType, IN_RANGE])
def test_each_kind_has_a_title(kind: str, language: str) -> None:
    fact = ToldFact(kind, "StandardStatus", "Active", "Active")
    assert write(replace(ALERT, facts=(fact,), language=language))[0].endswith(": 1 Main St")


def test_long_texts_are_cut_and_many_searches_are_counted() -> None:
    many = tuple(ToldSearch(f"Search {place}", "", False) for place in range(25))
    title, message = write(replace(ALERT, address="x" * 400, searches=many))
    assert len(title) == LONGEST_TITLE
    assert message.endswith("- Search 19\nand 5 more")


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        (450_000, "USD", "en", "$450,000"),
        (1250.5, "EUR", "en", "€1,250.50"),
        (450_000, "CHF", "en", "CHF\N{NO-BREAK SPACE}450,000"),
        (1250.5, "EUR", "es", "1.250,50\N{NO-BREAK SPACE}€"),
        (450_000, "USD", "es-419", "$450,000"),
        (5, "", "es", "5"),
        (123_456.789, "KWD", "en", "KWD\N{NO-BREAK SPACE}123,456.789"),
        (1250.5, "KWD", "es", "1.250,500\N{NO-BREAK SPACE}KWD"),
        (1_250_000.0, "JPY", "en", "¥1,250,000"),
        (1_250_000.4, "JPY", "en", "¥1,250,000"),
    ],
)
def test_amounts(amount: Any, currency: str, language: str, text: str) -> None:
    assert money(amount, currency, language) == text
