"""How PostgreSQL keeps the tables that grow and change most; docs/growth.md has the measurements."""

from property_alert_notification.database.migrations import safely

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# PostgreSQL would vacuum a table when a fifth of it has changed: of a billion rows that is too late, and too much at
# once. These do it after a hundredth, and count the rows anew as often.
_EARLY = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.01",
}
_STORAGE = {
    "notifications": _EARLY,
    # Room on each page for the next version of a row that changes: then its indexes need not be written too.
    "deliveries": _EARLY | {"fillfactor": "70"},
    "attempts": _EARLY | {"fillfactor": "70"},
    "idempotency_keys": _EARLY,
}


def upgrade() -> None:
    for table, parameters in _STORAGE.items():
        safely.set_storage(table, **parameters)


def downgrade() -> None:
    for table, parameters in _STORAGE.items():
        safely.reset_storage(table, *parameters)
