"""An index by which the digest windows of a category are found when it changes."""

from property_alert_notification.database.migrations import safely

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index("ix_digest_windows_category", "digest_windows", ["category", "id"], where="closed_at IS NULL")


def downgrade() -> None:
    safely.drop_index("ix_digest_windows_category", "digest_windows")
