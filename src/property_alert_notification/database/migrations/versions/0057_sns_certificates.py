"""Certificates that verified messages of Amazon SNS."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0057"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sns_certificates",
        sa.Column("url", sa.String(255), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("verified_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_sns_certificates")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("sns_certificates", if_exists=True)
