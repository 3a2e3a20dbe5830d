"""The URLs of OData requests, and what their answers have."""

from typing import Any

import pytest

from property_alert_notification.homes.feeds.odata import (
    BadLink,
    all_of,
    key_is_in,
    one_record,
    query,
    read_page,
)

ROOT = "https://api.example.com:8443/odata/Property"


def test_a_space_and_a_plus_are_escaped() -> None:
    assert query(ROOT, filter="A eq 'x+y'", top=2, expand=None) == f"{ROOT}?%24filter=A%20eq%20%27x%2By%27&%24top=2"


def test_a_quote_in_a_key_is_doubled() -> None:
    assert one_record(ROOT, "O'Hare 1/2") == f"{ROOT}(%27O%27%27Hare%201%2F2%27)"
    assert key_is_in("ListingKey", ["1", "O'Hare"]) == "ListingKey in ('1','O''Hare')"


@pytest.mark.parametrize(
    ("filters", "joined"),
    [([None, None], None), (["A eq 1", None], "A eq 1"), (["A eq 1", "B eq 2"], "(A eq 1) and (B eq 2)")],
)
def test_filters_are_joined(filters: list[str | None], joined: str | None) -> None:
    assert all_of(*filters) == joined


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://api.example.com:8443/odata/Property?$skiptoken=a", f"{ROOT}?$skiptoken=a"),
        ("Property?$skip=2", f"{ROOT}?$skip=2"),
        ("?$skip=2", f"{ROOT}?$skip=2"),
        # A proxy in front of the server speaks TLS.
        ("http://api.example.com/odata/Property?$skip=2", f"{ROOT}?$skip=2"),
        ("", None),
    ],
)
def test_a_link_stays_on_the_host_of_the_feed(link: str, url: str | None) -> None:
    page = read_page({"value": [1], "@odata.nextLink": link, "@odata.count": 5}, f"{ROOT}?$top=1")

    assert (page.records, page.next(), page.total) == ([1], url, 5)


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example.com/odata/Property?$skip=2",
        "https://api.example.com:9000/odata/Property?$skip=2",
        "https://someone@api.example.com:8443/odata/Property?$skip=2",
        "//169.254.169.254/latest",
        "file:///etc/passwd",
        f"{ROOT}?$top=1",
        f"{ROOT}?$top=1&$skip=0",
        "https://[api.example.com/odata",
        "https://api.example.com:port/odata",
        "https://api.example.com:8443/odata?\x7f",
    ],
)
def test_a_link_to_another_host_or_to_a_page_before_is_refused(link: str) -> None:
    page = read_page({"value": [1], "@odata.nextLink": link}, f"{ROOT}?$top=1")

    assert page.records == [1]
    with pytest.raises(BadLink):
        page.next([f"{ROOT}?$top=1&$skip=0"])


@pytest.mark.parametrize("document", [None, [], {}, {"value": {}}, "text"])
def test_a_document_without_records_is_no_page(document: Any) -> None:
    with pytest.raises(ValueError, match="no list of records"):
        read_page(document, ROOT)
