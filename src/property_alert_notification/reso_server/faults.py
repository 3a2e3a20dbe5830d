"""What goes wrong with the server on request, for tests."""

from pydantic import BaseModel, ConfigDict


class Faults(BaseModel):
    """The switches. Each is off until it is set."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    status: int | None = None
    """Answer all requests for records and events with this status."""
    retry_after: int | None = None
    """The seconds in the Retry-After header of such an answer."""
    times: int | None = None
    """How many answers have the status; all of them, if it is not set."""
    bad_keys: list[str] = []
    """Answer 500 to each request whose answer would have one of these records."""
    key_statuses: dict[str, int] = {}
    """Answer a request for the record with this key by its own URL with this status."""
    answers: int | None = None
    """How many requests for records are answered; all others get 429."""
    no_in: bool = False
    """Answer 501 to a filter with `in`."""
    lost_index: bool = False
    """Find no records by any filter, although each is at its own URL."""
    empty_first: bool = False
    """Give a page without records before the first one."""
    no_events: bool = False
    """Have no EntityEvent resource."""
    no_open_houses: int | None = None
    """Answer a request for the resource OpenHouse with this status."""
    limit: int | None = None
    """Give this many records at once at most."""
    short_names: bool = False
    """Write `@nextLink` and `@count`, as version 4.01 of OData allows."""
    bad_texts: list[str] = []
    """Write these texts with a byte that is not of UTF-8, and a line feed."""
    no_links: bool = False
    """Give no `@odata.nextLink`."""
    same_page: bool = False
    """Give the first page whatever is asked for, and no links."""
    foreign_links: bool = False
    """Give links that lead to another host."""
    links_in_a_circle: bool = False
    """Give the last page a link to the second one."""
    gzip: bool = False
    """Compress each answer, although the client asks for none in compressed form."""
    token_lifetime: int = 3_600
    """Seconds for which a token is valid."""
    cut_body: bool = False
    """Break off in the middle of the body."""
