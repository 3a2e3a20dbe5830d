"""The URLs of OData requests, and what their answers have. Pure.

Source: OData 4.01, part 2 (URL conventions); RESO Web API Core 2.0
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from property_alert_notification.base.errors import RetryLater
from property_alert_notification.homes.reso.times import as_text

_PREFIXES = ("@odata.", "@", "odata.")


class BadLink(RetryLater):
    """A link leads to another host, where the token must not be sent, or to a page that was read before."""


class Page(NamedTuple):
    """One answer with records."""

    records: list[Any]
    total: int | None
    """How many records there are on all pages, if the server says so."""
    url: str
    """Where it was."""
    link: str | None
    """The link to the next page, as the server wrote it."""

    def next(self, read: Collection[str] = ()) -> str | None:
        """The URL of the next page, None after the last one. A page whose link is wrong still has its records.

        Args:
            read: the URLs of the pages that were read before this one.

        Raises:
            BadLink: the link leads to another host, to this page, or to one of `read`.
        """
        if self.link is None:
            return None
        following = _on_the_same_host(self.url, self.link)
        if following == self.url or following in read:
            raise BadLink("its answer has a link to the next page that leads to a page before it")
        return following


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


def key_is(field: str, key: str) -> str:
    """The filter for the record with this key."""
    return f"{field} eq {_text(key)}"


def since(field: str, at: datetime) -> str:
    """The filter for records from this time on."""
    return f"{field} ge {as_text(at)}"


def after(field: str, at: datetime) -> str:
    """The filter for records after this time."""
    return f"{field} gt {as_text(at)}"


def all_of(*filters: str | None) -> str | None:
    """The filter for the records that all of these match; None matches all."""
    given = [one for one in filters if one]
    return " and ".join(f"({one})" for one in given) if len(given) > 1 else next(iter(given), None)


def read_page(document: Any, url: str) -> Page:
    """The page in an answer to a request for `url`.

    Raises:
        ValueError: it is no page.
    """
    if not isinstance(document, dict) or not isinstance(records := document.get("value"), list):
        raise ValueError("has no list of records in `value`")  # noqa: TRY004 - of another service, not of a caller
    link, count = _control(document, "nextLink"), _control(document, "count")
    if isinstance(count, str) and count.isascii() and count.isdigit() and len(count) < 20:
        count = int(count)
    return Page(
        records,
        count if isinstance(count, int) and not isinstance(count, bool) else None,
        url,
        link if isinstance(link, str) and link else None,
    )


def _control(document: Mapping[str, Any], name: str) -> Any:
    """What a page says of itself. Version 4.01 may leave `odata.` out, and version 3 has no @."""
    return next((document[form] for prefix in _PREFIXES if (form := prefix + name) in document), None)


def _on_the_same_host(url: str, link: str) -> str:
    """The URL of the next page: on the scheme and host of the request, since a proxy may have changed the scheme."""
    asked = urlsplit(url)
    try:
        found = urlsplit(urljoin(url, link))
        port = found.port
    except ValueError:
        raise BadLink("its answer has a link to the next page that is no URL") from None
    if found.hostname != asked.hostname or found.scheme not in ("http", "https") or found.username is not None:
        raise BadLink("its answer has a link to the next page that leads to another host")
    if port not in (asked.port, None):
        raise BadLink("its answer has a link to the next page that leads to another port")
    joined = f"{asked.scheme}://{asked.netloc}{found.path}" + (f"?{found.query}" if found.query else "")
    if not joined.isprintable():
        raise BadLink("its answer has a link to the next page that is no URL")
    return joined


def keys_of(records: Sequence[Any], field: str) -> list[str]:
    """The values of the key field, as text."""
    return [str(record[field]) for record in records if isinstance(record, dict) and field in record]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
