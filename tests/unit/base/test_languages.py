"""Languages as RFC 5646 writes them."""

import pytest

from property_alert_notification.base.languages import normalised


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("es-mx", "es-MX"),
        ("es-419", "es-419"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("zh-cmn-Hans-CN", "zh-cmn-Hans-CN"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-CH-1901", "de-CH-1901"),
        ("de-DE-u-CO-phonebk", "de-DE-u-co-phonebk"),
        ("en-x-AB-Latn", "en-x-ab-latn"),
        ("haw", "haw"),
    ],
)
def test_a_tag_is_written_as_the_standard_recommends(given: str, tag: str) -> None:
    assert normalised(given) == tag


@pytest.mark.parametrize(
    "given",
    ["", "e", "english", "en_US", "en-", "-en", "en--US", "en US", "en-U", "x-private", "en-a", "\u017fl", "en\n", "*"],
)
def test_an_invalid_language_tag_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(ValueError, match="for example en or es-MX"):
        normalised(given)
