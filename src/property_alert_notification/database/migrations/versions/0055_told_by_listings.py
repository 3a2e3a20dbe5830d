"""The told ledger has the listing that told a fact, and not its home, which may turn out to be another one."""

from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

# A row that is moved may meet others of its key. All of them are read together, as those of several shards are; so it
# gets a number that no shard has.
_BY_LISTING = """
    UPDATE told SET listing_id = moved.other, shard = moved.number
    FROM (
        SELECT t.listing_id AS old, t.fact AS its_fact, t.shard AS its_shard, c.listing_id AS other,
            coalesce((SELECT min(shard) FROM told WHERE shard < 0), 0)
            - row_number() OVER (PARTITION BY c.listing_id, t.fact ORDER BY t.listing_id, t.shard) AS number
        FROM told t JOIN listing_changes c ON c.sequence = t.sequence
        WHERE c.listing_id <> t.listing_id
    ) AS moved
    WHERE told.listing_id = moved.old AND told.fact = moved.its_fact AND told.shard = moved.its_shard
"""
_BY_HOME = """
    UPDATE told SET listing_id = moved.other, shard = moved.number
    FROM (
        SELECT t.listing_id AS old, t.fact AS its_fact, t.shard AS its_shard, l.property_id AS other,
            coalesce((SELECT min(shard) FROM told WHERE shard < 0), 0)
            - row_number() OVER (PARTITION BY l.property_id, t.fact ORDER BY t.listing_id, t.shard) AS number
        FROM told t JOIN listings l ON l.id = t.listing_id
        WHERE l.property_id <> t.listing_id
    ) AS moved
    WHERE told.listing_id = moved.old AND told.fact = moved.its_fact AND told.shard = moved.its_shard
"""


def upgrade() -> None:
    safely.rename_column("told", "property_id", "listing_id")
    op.execute(_BY_LISTING)


def downgrade() -> None:
    op.execute(_BY_HOME)
    safely.rename_column("told", "listing_id", "property_id")
