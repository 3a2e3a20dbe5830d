"""What a process and a store take of the machine at one moment."""

from contextlib import suppress
from pathlib import Path

from chaos.cluster import Cluster
from chaos.server import Server
from tests.services.process import ServiceFailed

MEGABYTE = 1 << 20

Reading = dict[str, float]
"""Values by the names of their gauges; what could not be read is not there."""


def read(cluster: Cluster) -> Reading:
    """One value of every gauge, but for those of a server that is away at the moment."""
    found: Reading = {}
    for server in cluster.servers:
        found |= _of_process(server)
    with suppress(ServiceFailed):
        found |= _of_store(cluster)
    return found


def _of_process(server: Server) -> Reading:
    process = Path(f"/proc/{server.pid}")
    status = (process / "status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    files = sum(1 for _ in (process / "fd").iterdir())
    return {f"{server.name}: memory, MB": resident / 1024, f"{server.name}: open files": files}


def _of_store(cluster: Cluster) -> Reading:
    if cluster.postgres is None:
        return {"store: WAL, MB": (cluster.folder / "alerts.db-wal").stat().st_size / MEGABYTE}
    row = cluster.postgres.sql(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'property-alerts'),"
        " (SELECT sum(size) FROM pg_ls_waldir())"
    )
    connections, size = row.split("|")
    return {"store: connections": float(connections), "store: WAL, MB": float(size) / MEGABYTE}
