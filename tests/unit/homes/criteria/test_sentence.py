"""How a search is put in words."""

from typing import Any

import pytest

from property_alert_notification.homes.criteria.known_fields import KINDS
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.criteria.sentence import LONGEST, phrase, sentence
from property_alert_notification.homes.criteria.wording.languages import wording_of
from property_alert_notification.homes.reso.words import LOOKUPS

SEATTLE = {"City": ["Seattle"], "BedroomsTotal": {"min": 3}, "ListPrice": {"max": 650_000}}
MUCH: dict[str, Any] = {
    **SEATTLE,
    "PropertySubType": ["Single Family Residence"],
    "StandardStatus": ["Active", "Coming Soon"],
    "BathroomsTotalInteger": {"min": 2, "max": 3},
    "LivingArea": {"min": 1500},
    "LotSizeArea": {"min": 0.25, "max": 1, "units": "Acres"},
    "YearBuilt": {"min": 1990},
    "Area": {"type": "Circle", "center": [-122, 47], "radius": 5500},
    "Features": ["Dishwasher", "Spa"],
    "Keywords": ["view"],
    "Exclude": {"City": ["Tacoma"], "Keywords": ["fixer", "as is"]},
}

MUCH_IN_WORDS = (
    "Homes in Seattle, within 5.5 km of a point on the map, Single Family Residence, Active or Coming Soon, "
    "3 or more bedrooms, 2 to 3 bathrooms, 1,500 sq ft or more, a lot of 0.25 to 1 acre, "
    "built in 1990 or later, up to $650,000, with “view”, and 3 more"
)


@pytest.mark.parametrize(
    ("criteria", "language", "words"),
    [
        (SEATTLE, None, "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "en-GB", "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "de", "Homes in Seattle, 3 or more bedrooms, up to $650,000"),
        (SEATTLE, "es", "Viviendas en Seattle, 3 o más dormitorios, hasta 650.000\N{NO-BREAK SPACE}$"),
        (SEATTLE, "es-MX", "Viviendas en Seattle, 3 o más dormitorios, hasta $650,000"),
        ({}, "en", "All homes"),
        ({}, "es", "Todas las viviendas"),
        ({"City": ["Seattle", "Kent"]}, "en", "Homes in Seattle or Kent"),
        ({"PostalCode": [str(code) for code in range(98101, 98109)]}, "en", "Homes in 98101, 98102, 98103 or 5 more"),
        ({"YearBuilt": {"max": 1990}}, "en", "Homes, built in 1990 or earlier"),
        ({"YearBuilt": {"min": 1990, "max": 1999}}, "es", "Viviendas, construidas entre 1990 y 1999"),
        ({"BedroomsTotal": {"min": 1, "max": 1}}, "en", "Homes, 1 bedroom"),
        ({"BedroomsTotal": {"min": 2, "max": 2}}, "es", "Viviendas, 2 dormitorios"),
        ({"ListPrice": {"min": 1000.5, "max": 2000, "currency": "EUR"}}, "en", "Homes, €1,000.50 to €2,000"),
        ({"ListPrice": {"min": 90_000, "currency": "CHF"}}, "en", "Homes, from CHF\N{NO-BREAK SPACE}90,000"),
        ({"ListPrice": {"max": 9e6, "currency": "JPY"}}, "es", "Viviendas, hasta 9.000.000\N{NO-BREAK SPACE}¥"),
        ({"Area": {"bbox": [0, 0, 1, 1]}}, "en", "Homes in the area on the map"),
        ({"Area": {"type": "Circle", "center": [0, 0], "radius": 800}}, "es",
         "Viviendas a menos de 800 m de un punto del mapa"),
        ({"Exclude": {"Area": {"bbox": [0, 0, 1, 1]}, "Features": ["Pool"]}}, "en",
         "Homes, not in an area on the map, without Pool"),
        ({"Exclude": {"PropertyType": ["Land"]}}, "es", "Viviendas, salvo terreno"),
        (MUCH, "en", MUCH_IN_WORDS),
    ],
)  # fmt: skip
def test_criteria_are_put_in_words(criteria: dict[str, Any], language: str | None, words: str) -> None:
    assert sentence(read_criteria(criteria, "USD"), language) == words


@pytest.mark.parametrize(
    ("filter_", "english", "spanish"),
    [
        ("City eq 'Seattle' or BedroomsTotal gt 3",
         "Homes (in Seattle or 4 or more bedrooms)", "Viviendas (en Seattle o 4 o más dormitorios)"),
        ("City in ('Irvine','Oakland')", "Homes in Irvine or Oakland", "Viviendas en Irvine u Oakland"),
        ("not (City in ('Seattle','Irvine'))",
         "Homes, not in Seattle or Irvine", "Viviendas, fuera de Seattle e Irvine"),
        ("not (City eq 'Kent' and ListPrice lt 5)",
         "Homes, except (in Kent and less than $5)", "Viviendas, salvo (en Kent y menos de 5\N{NO-BREAK SPACE}$)"),
        ("BedroomsTotal eq 0", "Homes, no bedrooms", "Viviendas, sin dormitorios"),
        ("BedroomsTotal ne 0", "Homes, with bedrooms", "Viviendas, con dormitorios"),
        ("BedroomsTotal le 1", "Homes, at most 1 bedroom", "Viviendas, como máximo 1 dormitorio"),
        ("BedroomsTotal ge 1", "Homes, 1 or more bedrooms", "Viviendas, 1 o más dormitorios"),
        ("BedroomsTotal ge 2 and BedroomsTotal le 3", "Homes, 2 to 3 bedrooms", "Viviendas, de 2 a 3 dormitorios"),
        ("BedroomsTotal ge 3 and BedroomsTotal le 2",
         "Homes, 3 or more bedrooms, at most 2 bedrooms", "Viviendas, 3 o más dormitorios, como máximo 2 dormitorios"),
        ("not (BedroomsTotal ge 3)", "Homes, fewer than 3 bedrooms", "Viviendas, menos de 3 dormitorios"),
        ("not (not (BedroomsTotal ge 3))", "Homes, 3 or more bedrooms", "Viviendas, 3 o más dormitorios"),
        ("GarageSpaces gt 1.5", "Homes, more than 1.5 garage spaces", "Viviendas, más de 1,5 plazas de garaje"),
        ("GarageSpaces eq 1", "Homes, 1 garage space", "Viviendas, 1 plaza de garaje"),
        ("WalkScore ne 1", "Homes, Walk Score: except 1", "Viviendas, facilidad para caminar (Walk Score): salvo 1"),
        ("LotSizeAcres ge 1", "Homes, a lot of 1 acre or more", "Viviendas, parcela de 1 acre o más"),
        ("not (YearBuilt le 1990)", "Homes, built after 1990", "Viviendas, construidas después de 1990"),
        ("TaxYear eq 2020", "Homes, tax year: 2020", "Viviendas, año fiscal: 2020"),
        ("ListPrice eq 500000", "Homes, $500,000", "Viviendas, 500.000\N{NO-BREAK SPACE}$"),
        ("ListPrice gt 500000", "Homes, more than $500,000", "Viviendas, más de 500.000\N{NO-BREAK SPACE}$"),
        ("ListPrice ge 300000 and ListPrice lt 500000", "Homes, from $300,000, less than $500,000",
         "Viviendas, desde 300.000\N{NO-BREAK SPACE}$, menos de 500.000\N{NO-BREAK SPACE}$"),
        ("currency eq 'EUR' and ListPrice le 500000",
         "Homes, up to €500,000", "Viviendas, hasta 500.000\N{NO-BREAK SPACE}€"),
        ("not (currency eq 'EUR' and ListPrice le 500000)", "Homes, except (currency: EUR and up to €500,000)",
         "Viviendas, salvo (moneda: EUR y hasta 500.000\N{NO-BREAK SPACE}€)"),
        ("currency in ('EUR','CHF') and ListPrice le 500000",
         "Homes, currency: EUR or CHF, (up to €500,000 or up to CHF\N{NO-BREAK SPACE}500,000)",
         "Viviendas, moneda: EUR o CHF, (hasta 500.000\N{NO-BREAK SPACE}€ o hasta 500.000\N{NO-BREAK SPACE}CHF)"),
        ("AssociationFee le 300",
         "Homes, association fee: up to $300", "Viviendas, cuota de la comunidad: hasta 300\N{NO-BREAK SPACE}$"),
        ("StandardStatus eq 'Active'", "Homes, Active", "Viviendas, estado: activa"),
        ("PoolPrivateYN eq true", "Homes, private pool: yes", "Viviendas, piscina privada: sí"),
        ("PoolPrivateYN ne true", "Homes, private pool: no", "Viviendas, piscina privada: no"),
        ("OnMarketDate ge 2026-01-01", "Homes, date on the market: January 1, 2026 or later",
         "Viviendas, fecha de salida al mercado: desde el 1 de enero de 2026"),
        ("OnMarketDate le 2026-02-01 and City eq 'Kent' and OnMarketDate ge 2026-01-01",
         "Homes in Kent, date on the market: January 1, 2026 to February 1, 2026",
         "Viviendas en Kent, fecha de salida al mercado: del 1 de enero de 2026 al 1 de febrero de 2026"),
        ("X_1 ge 'A' and X_1 le 2026-01-01",
         "Homes, X 1: “A” or later in the alphabet, X 1: January 1, 2026 or earlier",
         "Viviendas, X 1: «A» o posterior en orden alfabético, X 1: hasta el 1 de enero de 2026"),
        ("not (StreetName ge 'A' and StreetName le 'C')",
         "Homes, street: except “A” to “C”", "Viviendas, calle: salvo de «A» a «C»"),
        ("not (OnMarketDate ge 2026-01-01)", "Homes, date on the market: before January 1, 2026",
         "Viviendas, fecha de salida al mercado: antes del 1 de enero de 2026"),
        ("ModificationTimestamp le 2026-01-01T09:00:00-05:00",
         "Homes, last changed: January 1, 2026, 14:00 UTC or earlier",
         "Viviendas, última modificación: hasta el 1 de enero de 2026, 14:00 UTC"),
        ("PostalCode lt '98'", "Homes, postal code: before “98” in the alphabet",
         "Viviendas, código postal: antes de «98» en orden alfabético"),
        ("View eq null", "Homes, view: not stated", "Viviendas, vistas: no se indica"),
        ("View ne null", "Homes, view: stated", "Viviendas, vistas: se indica"),
        ("Appliances has 'A,B,C,D,E'",
         "Homes, appliances: A, B, C and 2 more", "Viviendas, electrodomésticos: A, B, C y 2 más"),
        ("Appliances/any(a: a in ('Oven','Range'))",
         "Homes, appliances: Oven or Range", "Viviendas, electrodomésticos: Oven o Range"),
        ("not Appliances/any(a: a in ('Oven','Range'))",
         "Homes, appliances: without Oven or Range", "Viviendas, electrodomésticos: sin Oven ni Range"),
        ("not (Appliances has 'Oven,Range')", "Homes, appliances: without at least one of Oven and Range",
         "Viviendas, electrodomésticos: sin alguno de estos: Oven y Range"),
        ("contains(PublicRemarks,'view')", "Homes, description: containing “view”",
         "Viviendas, descripción: contiene «view»"),
        ("not startswith(PublicRemarks,'view')", "Homes, description: not beginning with “view”",
         "Viviendas, descripción: no empieza por «view»"),
        ("SubdivisionName eq 'Oak'", "Homes, subdivision: Oak", "Viviendas, urbanización: Oak"),
        ("CAR_Lot_Facing ne 'N'", "Homes, CAR Lot Facing: except N", "Viviendas, CAR Lot Facing: salvo N"),
    ],
)  # fmt: skip
def test_a_filter_is_put_in_words(filter_: str, english: str, spanish: str) -> None:
    expression = read_filter(filter_, "USD")

    assert (sentence(expression, "en"), sentence(expression, "es")) == (english, spanish)


def test_several_that_are_excluded_are_put_in_words() -> None:
    excluded = {"Keywords": ["fixer", "as is"], "Features": ["Pool", "Spa"], "LivingArea": {"max": 1}}
    expression = read_criteria({"Exclude": excluded}, "USD")

    assert sentence(expression, "en") == "Homes, more than 1 sq ft, without “fixer” or “as is”, without Pool or Spa"
    assert sentence(expression, "es") == ("Viviendas, más de 1 pie cuadrado, sin «fixer» ni «as is», sin Pool ni Spa")


@pytest.mark.parametrize("tag", ["es"])
def test_a_language_has_a_word_for_each_field_and_each_member_that_is_known(tag: str) -> None:
    words = wording_of(tag)
    members = {
        member for field in ("StandardStatus", "PropertyType", "LivingAreaUnits") for member in LOOKUPS[field].values()
    }

    assert KINDS.keys() == words.labels.keys() | words.nouns.keys()
    assert words.members.keys() >= members
    assert words.nouns.keys() == wording_of("en").nouns.keys()


def test_a_sentence_has_at_most_255_characters() -> None:
    long = {**MUCH, "City": ["x" * 255, "y" * 255, "z" * 255], "Keywords": ["k" * 200] * 3}

    assert len(sentence(read_criteria(long, "USD"))) <= LONGEST
    assert len(sentence(read_criteria({"Features": [letter * 250 for letter in "abcdefgh"]}, "USD"))) <= LONGEST


def test_a_condition_alone_is_put_in_words() -> None:
    assert phrase(read_filter("BedroomsTotal ge 3", "USD").parts[0], "es") == "3 o más dormitorios"  # type: ignore[union-attr]
