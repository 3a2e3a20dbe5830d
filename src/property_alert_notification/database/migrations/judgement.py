"""Decides whether this version can work on a store, from its revision, tables and columns. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from property_alert_notification.database.migrations.tables import Shape

APPLICATION_ID = 0x50414E31
"""The `application_id` of our SQLite files: "PAN1"."""

_SHOWN = 3
"""Names in a sentence at most."""


class Condition(StrEnum):
    """How a store fits this version."""

    CURRENT = "current"
    NEWER = "newer"
    """A newer version migrated it, and this one can still work on it."""
    OLD = "old"
    """`migrate` brings it up to date."""
    UNUSABLE = "unusable"
    """It is damaged, restored in part, too new, or belongs to another application: an operator has to act."""


@dataclass(frozen=True, slots=True)
class Found:
    """The schema and the revision that a store has."""

    versions: Sequence[str] = ()
    """The rows of Alembic's table."""
    columns: Mapping[str, Collection[str]] | None = None
    """The columns of each table, ours and others."""
    mandatory: Collection[tuple[str, str]] = ()
    """Table and column that need a value in each insert: not null and without a default."""
    indexes: Collection[str] = ()
    """Those that are valid, constraints included."""
    names_constraints: bool = True
    """Whether constraints are found among the indexes: SQLite has them in the tables' own definition."""
    encoding: str = "UTF8"
    read_only: str | None = None
    """The reason why the store is read-only."""
    application_id: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a store fits this version, in words that follow the store's name."""

    condition: Condition
    words: str
    """The problem of its schema and the remedy."""
    read_only: str | None = None
    """The reason why the store is read-only: a standby may be promoted later."""
    missing_indexes: frozenset[str] = frozenset()

    @property
    def can_be_read(self) -> bool:
        """Whether this version can read the store."""
        return self.condition in (Condition.CURRENT, Condition.NEWER)

    @property
    def works(self) -> bool:
        """Whether this version can work on it as it is.

        During a rolling upgrade the schema is newer than the processes that have not been replaced yet: they go on when
        it still has every table and column of theirs. Migrations that drop one say so in docs/operations.md.
        """
        return self.can_be_read and self.read_only is None

    @property
    def why_not(self) -> str:
        """The problem and the remedy."""
        return self.read_only if self.can_be_read and self.read_only is not None else self.words

    @property
    def warns(self) -> bool:
        """Whether the store works and has a problem that an operator should know."""
        return self.condition is Condition.NEWER or bool(self.missing_indexes)


def judge(found: Found, revisions: Sequence[str], newest: Shape, earlier: Shape | None = None) -> Judgement:
    """Judge a store. `earlier` is the shape of the revision that it is at, if that is known and not the newest."""
    if words := _unusable_at_all(found):
        return Judgement(Condition.UNUSABLE, words)
    return replace(_judge_schema(found, revisions, newest, earlier), read_only=found.read_only)


def _unusable_at_all(found: Found) -> str | None:
    if found.encoding != "UTF8":
        return (
            f"has the encoding {found.encoding}, which cannot hold every name and message. Create a database "
            "with `createdb --encoding=UTF8 --template=template0`, and use that"
        )
    if found.application_id not in (0, APPLICATION_ID):
        return f"belongs to another application (its id is 0x{found.application_id:08X}). Use another file"
    if len(found.versions) > 1:
        return f"has {len(found.versions)} revisions in alembic_version. Restore it from a backup"
    return None


def _judge_schema(found: Found, revisions: Sequence[str], newest: Shape, earlier: Shape | None) -> Judgement:
    columns = found.columns or {}
    ours = columns.keys() & newest.columns.keys()
    version = found.versions[0] if found.versions else None
    if not ours:
        return _judge_without_ours(version, columns)
    if version is None:
        return Judgement(
            Condition.UNUSABLE,
            f"has the tables {_some(ours)} and no revision in alembic_version: it was restored in part, or belongs "
            f"to something else. {_RESTORE}",
        )
    if version not in revisions:
        return _judge_unknown(version, found, newest)
    return _judge_known(version, found, revisions, newest, earlier)


_RESTORE = "Restore a whole backup into an empty database (docs/operations.md says how), or use another database"


def _judge_without_ours(version: str | None, columns: Mapping[str, Collection[str]]) -> Judgement:
    if columns:
        return Judgement(
            Condition.UNUSABLE,
            f"belongs to something else: it has the tables {_some(columns)} and none of ours. "
            "Give this service a database of its own",
        )
    if version is not None:
        return Judgement(
            Condition.UNUSABLE,
            f"is at revision {version} by alembic_version and has none of our tables: it was restored in part, or "
            f"belongs to something else. {_RESTORE}",
        )
    return Judgement(Condition.OLD, "has no tables yet. Run `property-alerts migrate`")


def _judge_unknown(version: str, found: Found, newest: Shape) -> Judgement:
    if lacks := _lacks(found, newest):
        return Judgement(
            Condition.UNUSABLE,
            f"is at revision {version}, which this version does not know, and lacks {lacks}: a newer version made it, "
            "or it belongs to something else. Install the newer version, or use another database",
        )
    if unknown := _wants_what_we_do_not_know(found, newest):
        return Judgement(
            Condition.UNUSABLE,
            f"is at revision {version}, which a newer version made, and wants values for {unknown}, which this "
            "version does not know. Install the newer version",
        )
    return Judgement(
        Condition.NEWER,
        f"is at revision {version}, which a newer version made; this version works on it. Install the newer version",
    )


def _judge_known(
    version: str, found: Found, revisions: Sequence[str], newest: Shape, earlier: Shape | None
) -> Judgement:
    is_newest = version == revisions[-1]
    shape = newest if is_newest else earlier
    if shape is not None and (lacks := _lacks(found, shape)):
        return Judgement(
            Condition.UNUSABLE, f"is at revision {version} and lacks {lacks}: it was restored in part. {_RESTORE}"
        )
    if not is_newest:
        return Judgement(
            Condition.OLD,
            f"has an old schema ({version}; this version needs {revisions[-1]}). Run `property-alerts migrate`",
        )
    if missing := newest.indexes - set(found.indexes):
        words = f"lacks the indexes {_some(missing)} and is slow. Run `property-alerts migrate`, which builds them"
        return Judgement(Condition.CURRENT, words, missing_indexes=missing)
    return Judgement(Condition.CURRENT, "has the schema of this version")


def _lacks(found: Found, shape: Shape) -> str | None:
    """The missing tables, columns and constraints, without which no statement is reliable."""
    columns = found.columns or {}
    if tables := shape.columns.keys() - columns.keys():
        return f"the tables {_some(tables)}"
    if missing := [
        f"{table}.{column}" for table, names in shape.columns.items() for column in names - set(columns[table])
    ]:
        return f"the columns {_some(missing)}"
    if found.names_constraints and (constraints := shape.unique - set(found.indexes)):
        return f"the constraints {_some(constraints)}"
    return None


def _wants_what_we_do_not_know(found: Found, newest: Shape) -> str | None:
    unknown = [
        f"{table}.{column}"
        for table, column in found.mandatory
        if table in newest.columns and column not in newest.columns[table]
    ]
    return _some(unknown) if unknown else None


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    shown = ", ".join(ordered[:_SHOWN])
    return shown if len(ordered) <= _SHOWN else f"{shown} and {len(ordered) - _SHOWN} more"
