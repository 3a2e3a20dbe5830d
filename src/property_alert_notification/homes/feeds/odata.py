"""The URLs of OData requests, and what their answers have. Pure.

Source: OData 4.01, part 2 (URL conventions); RESO Web API Core 2.0
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from property_alert_notification.homes.reso.times import as_text


class ForeignLink(ValueError):
    """A link leads to another host, or nowhere: the token must not be sent there."""


class Page(NamedTuple):
    """One answer with records."""

    records: list[Any]
    next: str | None
    """The URL of the next page."""
    total: int | None
    """How many records there are on all pages, if the server says so."""


def query(url: str, **options: object) -> str:
    """The URL of a request with these query options; None leaves one out."""
    given = {f"${name}": str(value) for name, value in options.items() if value is not None}
    # A space is %20: several servers do not read + as a space.
    return f"{url}?{urlencode(given, quote_via=quote, safe='')}" if given else url


def one_record(url: str, key: str, **options: object) -> str:
    """The URL of the record with this key, in a resource at `url`."""
    return query(f"{url}({quote(_text(key), safe='')})", **options)


def key_is_in(field: str, keys: Iterable[str]) -> str:
    """The filter for the records with these keys."""
    return f"{field} in ({','.join(map(_text, keys))})"


def since(field: str, at: datetime) -> str:
    """The filter for records from this time on."""
    return f"{field} ge {as_text(at)}"


def all_of(*filters: str | None) -> str | None:
    """The filter for the records that all of these match; None matches all."""
    given = [one for one in filters if one]
    return " and ".join(f"({one})" for one in given) if len(given) > 1 else next(iter(given), None)


def read_page(document: Any, url: str) -> Page:
    """The page in an answer to a request for `url`.

    Raises:
        ValueError: it is no page.
        ForeignLink: its link to the next page leads to another host, or to the same page.
    """
    if not isinstance(document, dict) or not isinstance(records := document.get("value"), list):
        raise ValueError("has no list of records in `value`")  # noqa: TRY004 - of another service, not of a caller
    link, count = document.get("@odata.nextLink"), document.get("@odata.count")
    return Page(
        records,
        _next(url, link) if isinstance(link, str) and link else None,
        count if isinstance(count, int) and not isinstance(count, bool) else None,
    )


def _next(url: str, link: str) -> str:
    """The URL of the next page: on the scheme and host of the request, since a proxy may have changed the scheme."""
    asked, found = urlsplit(url), urlsplit(urljoin(url, link))
    if found.hostname != asked.hostname or found.scheme not in ("http", "https") or found.username is not None:
        raise ForeignLink("has a link to the next page that leads to another host")
    if found.port not in (asked.port, None):
        raise ForeignLink("has a link to the next page that leads to another port")
    joined = f"{asked.scheme}://{asked.netloc}{found.path}" + (f"?{found.query}" if found.query else "")
    if joined == url or not joined.isprintable():
        raise ForeignLink("has a link to the next page that leads to itself")
    return joined


def keys_of(records: Sequence[Any], field: str) -> list[str]:
    """The values of the key field, as text."""
    return [str(record[field]) for record in records if isinstance(record, dict) and field in record]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
