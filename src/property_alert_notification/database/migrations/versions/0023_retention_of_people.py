"""Indexes by which old profiles, counters of caps and ended schedules are found when they are deleted."""

from property_alert_notification.database.migrations import safely

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index("ix_profiles_asked", "profiles", ["known_at"], where="NOT pushed")
    safely.create_index("ix_cap_counters_counted_at", "cap_counters", ["counted_at"])
    safely.create_index("ix_schedules_ended", "schedules", ["changed_at"], where="state = 'ended'")


def downgrade() -> None:
    safely.drop_index("ix_schedules_ended", "schedules")
    safely.drop_index("ix_cap_counters_counted_at", "cap_counters")
    safely.drop_index("ix_profiles_asked", "profiles")
