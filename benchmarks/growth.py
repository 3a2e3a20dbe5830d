"""What a notification costs in bytes and in write-ahead log, and what fillfactor and VACUUM do about it.

docs/growth.md has the figures. Run it as `python -m benchmarks.growth`; `--rows 20000 --drained 2000` for a quick look.
A store is filled with that many finished notifications; then a worker delivers `--drained` new ones beside them.
"""

import argparse
import json
import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import drain
from benchmarks.children import answer_of
from benchmarks.stores import StoreName, open_store
from benchmarks.workload import alert
from tests.services.postgres import Postgres

DISK = "/var/tmp"
FILLFACTORS = (100, 85, 70)
TABLES = ("notifications", "deliveries", "attempts", "idempotency_keys")
_UPDATES = """
    SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname IN ('deliveries', 'attempts')
"""

# Three weeks old at most, one every 2 ms; the address is in the delivery, the message in the notification.
_FILL_POSTGRES = """
INSERT INTO notifications (id, user_id, category, title, message, urgent, accepted_at, caller)
SELECT {id}, g % 1000 + 1, 'listing_alert', {title}, {message}, false, now() - g * interval '2 ms', 'crm'
FROM generate_series({rows}, 1, -1) g;
INSERT INTO deliveries (id, notification_id, channel, address, urgent, state, reason_code, fence, attempts, unknowns,
    changed_at)
SELECT {id2}, {id}, 'email', 'buyer.' || g % 1000 || '@example.com', false, 'sent', 'sent', 1, 1, 0,
    now() - g * interval '2 ms' FROM generate_series({rows}, 1, -1) g;
INSERT INTO attempts (delivery_id, fence, provider, started_at, ended_at, outcome, provider_message_id)
SELECT {id2}, 1, 'smtp', now(), now(), 'sent', '250 2.0.0 Ok: queued as ' || md5(g::text)
FROM generate_series({rows}, 1, -1) g;
INSERT INTO idempotency_keys (owner, key, fingerprint, status_code, answer, expires_at)
SELECT 'crm', md5(g::text), md5(g::text), 200, '{{"id":"' || {id} || '","status":"pending"}}',
    now() + interval '1 day' FROM generate_series({rows}, 1, -1) g;
"""
_ID_POSTGRES = """(lpad(to_hex(({now_ms} - 2 * g)::bigint), 12, '0') || '7' || substr(md5(g::text), 1, 3) || '{kind}' ||
    substr(md5(g::text), 4, 15))::uuid"""

_FILL_SQLITE = """
CREATE TEMP TABLE g AS WITH RECURSIVE n(g) AS (SELECT {rows} UNION ALL SELECT g - 1 FROM n WHERE g > 1)
    SELECT g, printf('%012x', {now_ms} - 2 * g) || '7' || lower(hex(randomblob(9))) || 'f' AS id,
    printf('%012x', {now_ms} - 2 * g) || '7' || lower(hex(randomblob(9))) || 'e' AS id2,
    strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', 'now') AS at, lower(hex(randomblob(16))) AS key FROM n;
INSERT INTO notifications (id, user_id, category, title, message, urgent, accepted_at, caller)
    SELECT id, g % 1000 + 1, 'listing_alert', {title}, {message}, 0, at, 'crm' FROM g;
INSERT INTO deliveries (id, notification_id, channel, address, urgent, state, reason_code, fence, attempts, unknowns,
    changed_at) SELECT id2, id, 'email', 'buyer.' || g % 1000 || '@example.com', 0, 'sent', 'sent',
    1, 1, 0, at FROM g;
INSERT INTO attempts (delivery_id, fence, provider, started_at, ended_at, outcome, provider_message_id)
    SELECT id2, 1, 'smtp', at, at, 'sent', '250 2.0.0 Ok: queued as ' || key FROM g;
INSERT INTO idempotency_keys (owner, key, fingerprint, status_code, answer, expires_at)
    SELECT 'crm', key, key, 200, '{{"id":"' || id || '","status":"pending"}}', at FROM g;
"""


@dataclass
class Growth:
    """The figures of one store."""

    store: str
    rows: int
    table_bytes: dict[str, float] = field(default_factory=dict)
    """Per notification, indexes not included."""
    index_bytes: dict[str, float] = field(default_factory=dict)
    delivered: list[dict[str, Any]] = field(default_factory=list)
    """For each fillfactor, right after a checkpoint and long after: WAL per notification, and shares of HOT updates."""
    file_bytes: dict[str, float] = field(default_factory=dict)
    """SQLite's file per notification: filled, with half of it deleted, after VACUUM."""
    vacuum_seconds: float = 0


def measure_postgres(rows: int, drained: int) -> Growth:
    """Fill one database for each fillfactor, and deliver beside what is in it."""
    growth = Growth("PostgreSQL", rows)
    with open_store(StoreName.POSTGRESQL) as store:
        server: Postgres = store.postgres  # type: ignore[attr-defined]
        _stop_what_writes_by_itself(server)
        for fillfactor in FILLFACTORS:
            settings = store.fresh()
            name = settings["DATABASE_URL"].rpartition("/")[2]
            answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)
            for table in ("deliveries", "attempts"):
                server.sql(f"ALTER TABLE {table} SET (fillfactor = {fillfactor})", database=name)
            server.sql(_postgres_fill(rows), database=name)
            server.sql("VACUUM ANALYZE", database=name)
            if fillfactor == FILLFACTORS[0]:
                for table in TABLES:
                    for kind, into in (("table", growth.table_bytes), ("indexes", growth.index_bytes)):
                        size = server.sql(f"SELECT pg_{kind}_size('{table}')", database=name)
                        into[table] = int(size) / rows
            server.sql("CHECKPOINT")
            for checkpoint in ("right before", "long ago"):
                figures = _deliver(server, name, store, settings, drained)
                growth.delivered.append({"fillfactor": fillfactor, "checkpoint": checkpoint} | figures)
            server.drop_database(settings["DATABASE_URL"])
    return growth


def _stop_what_writes_by_itself(server: Postgres) -> None:
    """A checkpoint or a vacuum in one run and not in the next would differ more than what is compared."""
    for setting in ("max_wal_size = '32GB'", "checkpoint_timeout = '1d'", "autovacuum = off"):
        server.sql(f"ALTER SYSTEM SET {setting}")
    server.sql("SELECT pg_reload_conf()")


def _deliver(server: Postgres, name: str, store: Any, settings: dict[str, str], drained: int) -> dict[str, Any]:
    """Accept and deliver so many, and then vacuum what that left behind."""
    server.sql("SELECT pg_stat_reset()", database=name)
    began, full_pages = _written(server)
    per_second = drain.measure_again(store, settings, drained, lambda _: None)
    ended, full_pages_at_the_end = _written(server)
    hot = {}
    for line in server.sql(_UPDATES, database=name).splitlines():
        table, updates, of_them_hot = line.split("|")
        hot[table] = f"{int(updates) / drained:.2f} updates, {int(of_them_hot) / max(int(updates), 1):.0%} HOT"
    for table in TABLES:
        server.sql(f"VACUUM {table}", database=name)
    return {
        "wal_bytes": (ended - began) / drained,
        "full_pages": (full_pages_at_the_end - full_pages) / drained,
        "wal_bytes_of_vacuum": (_written(server)[0] - ended) / drained,
        "updates": hot,
        "per_second": per_second,
    }


def _written(server: Postgres) -> tuple[int, int]:
    """Bytes of write-ahead log since the server was made, and pages that were written whole into it."""
    said = server.sql("SELECT (pg_current_wal_lsn() - '0/0')::bigint, wal_fpi FROM pg_stat_wal")
    written, full_pages = said.split("|")
    return int(written), int(full_pages)


def _postgres_fill(rows: int) -> str:
    body = alert(1)
    now_ms = time.time_ns() // 1_000_000
    return _FILL_POSTGRES.format(
        rows=rows,
        title=_quoted(body["title"]),
        message=_quoted(body["message"]),
        id=_ID_POSTGRES.format(now_ms=now_ms, kind="8"),
        id2=_ID_POSTGRES.format(now_ms=now_ms, kind="9"),
    )


def measure_sqlite(rows: int) -> Growth:
    """Fill a file, delete half of what is in it, and vacuum it."""
    growth, body = Growth("SQLite", rows), alert(1)
    with open_store(StoreName.SQLITE) as store, ExitStack() as files:
        settings = store.fresh()
        answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)
        path = Path(settings["DATABASE_URL"].partition("///")[2])
        connection = files.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
        now_ms = time.time_ns() // 1_000_000
        script = _FILL_SQLITE.format(
            rows=rows, now_ms=now_ms, title=_quoted(body["title"]), message=_quoted(body["message"])
        )
        connection.executescript(f"PRAGMA foreign_keys = ON; BEGIN; {script} COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        growth.file_bytes["filled"] = path.stat().st_size / rows
        connection.executescript("""
            BEGIN; DELETE FROM notifications WHERE rowid % 2; DELETE FROM idempotency_keys WHERE rowid % 2; COMMIT;
            PRAGMA wal_checkpoint(TRUNCATE)""")
        growth.file_bytes["half of it deleted"] = path.stat().st_size / rows
        began = time.monotonic()
        connection.executescript("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        growth.vacuum_seconds = time.monotonic() - began
        growth.file_bytes["after VACUUM"] = path.stat().st_size / rows
    return growth


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def main() -> None:
    """Measure both stores, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--drained", type=int, default=20_000)
    parser.add_argument("--store", choices=list(StoreName), help="only this one")
    arguments = parser.parse_args()
    tempfile.tempdir = DISK
    if arguments.store != StoreName.SQLITE:
        print(json.dumps(asdict(measure_postgres(arguments.rows, arguments.drained)), indent=2), flush=True)
    if arguments.store != StoreName.POSTGRESQL:
        print(json.dumps(asdict(measure_sqlite(arguments.rows)), indent=2), flush=True)


if __name__ == "__main__":
    main()
