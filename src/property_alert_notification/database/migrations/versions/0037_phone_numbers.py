"""The index by which the users of a phone number are found when they confirm an opt-in by SMS."""

from property_alert_notification.database.migrations import safely

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index("ix_profiles_phone_number", "profiles", ["phone_number"], where="phone_number IS NOT NULL")


def downgrade() -> None:
    safely.drop_index("ix_profiles_phone_number", "profiles")
