"""All ids that mean one home: its own, and those of properties that were merged into it.

What is stored under the id of a property, such as who was told what, is found by any of these.
"""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, func, or_, select

from property_alert_notification.database import table_of
from property_alert_notification.homes.listings.models import Listing
from property_alert_notification.homes.properties.models import Property

_listings, _properties = table_of(Listing), table_of(Property)


def is_same_home(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two rows of properties, as aliases of their table, are of one home: the same, or merged."""
    into = func.coalesce(other.c.merged_into, other.c.id)
    return or_(one.c.id == into, one.c.merged_into == into)


def with_ids(wanted: FromClause, id_: ColumnElement[Any]) -> tuple[FromClause, ColumnElement[Any]]:
    """`wanted` with each id of the home that its column `id_` means, and the column of these."""
    mine, its = _properties.alias("mine"), _properties.alias("its")
    homes = wanted.outerjoin(mine, mine.c.id == id_).outerjoin(its, is_same_home(its, mine))
    # A home whose listings were deleted has none but this.
    return homes, func.coalesce(its.c.id, id_)


def ids_of_home(id_: ColumnElement[Any] | UUID) -> Select[UUID]:
    """All ids of the home that has this id, in a statement about it: its own, and those that were merged."""
    mine, its = _properties.alias("mine"), _properties.alias("its")
    return select(its.c.id).where(mine.c.id == id_, is_same_home(its, mine))


class WithMates(NamedTuple):
    """Rows about listings, each once for every listing of the same home."""

    rows: FromClause
    mate: ColumnElement[Any]
    """The listing of the same home; it may be the listing itself."""
    home: ColumnElement[Any]


def with_mates(wanted: FromClause, listing: ColumnElement[Any]) -> WithMates:
    """`wanted` with each listing of the home of its column `listing`; rows of deleted listings are left out."""
    own, mates = _listings.alias("own"), _listings.alias("mates")
    home, same = _properties.alias("home"), _properties.alias("same")
    rows = (
        wanted.join(own, own.c.id == listing)
        .outerjoin(home, home.c.id == own.c.property_id)
        .outerjoin(same, is_same_home(same, home))
        .join(mates, mates.c.property_id == func.coalesce(same.c.id, own.c.property_id))
    )
    return WithMates(rows, mates.c.id, func.coalesce(home.c.merged_into, own.c.property_id))
