"""Who changed what, preferences for tests, and what a caller may list."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_notifications_caller", ["caller", "id"], "caller IS NOT NULL"),
    ("ix_notifications_test", ["id"], "test"),
)
_ACTORS = (("audit_log", "actor"), ("pauses", "paused_by"))


def upgrade() -> None:
    safely.add_column("audit_log", sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("""UPDATE audit_log SET test = TRUE WHERE CAST(details AS TEXT) LIKE '%"kind": "test"%'""")
    safely.add_column("notifications", sa.Column("cancelled_by", sa.String(180), nullable=True))
    for table, column in _ACTORS:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.String(110), type_=sa.String(160), existing_nullable=False)
    op.create_table(
        "notification_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("at", time_type(), nullable=False),
        sa.Column("changed_by", sa.String(180), nullable=False),
        sa.Column("fields", sa.String(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_changes_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_changes")),
        if_not_exists=True,
    )
    op.create_index(
        "ix_notification_changes_notification_id", "notification_changes", ["notification_id"], if_not_exists=True
    )
    op.create_table(
        "test_preferences",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email_enabled", sa.Boolean(), nullable=False),
        sa.Column("sms_enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", time_type(), nullable=False),
        sa.Column("withdrawn_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_test_preferences")),
        if_not_exists=True,
    )
    for name, columns, condition in _INDEXES:
        safely.create_index(name, "notifications", columns, where=condition)
    # Keys that were made before the scope existed go on working.
    op.execute(
        "UPDATE api_keys SET scopes = scopes || ' notifications:urgent' "
        "WHERE ' ' || scopes || ' ' LIKE '% notifications:write %'"
    )


def downgrade() -> None:
    op.execute("UPDATE api_keys SET scopes = REPLACE(scopes, ' notifications:urgent', '')")
    for name, _, _ in reversed(_INDEXES):
        safely.drop_index(name, "notifications")
    op.drop_table("test_preferences", if_exists=True)
    op.drop_table("notification_changes", if_exists=True)
    for table, column in reversed(_ACTORS):
        op.execute(f"UPDATE {table} SET {column} = SUBSTR({column}, 1, 110)")  # noqa: S608 - names of ours
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.String(160), type_=sa.String(110), existing_nullable=False)
    safely.drop_column("notifications", "cancelled_by")
    safely.drop_column("audit_log", "test")
