"""A PgBouncer of our own, before a PostgreSQL of ours."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.services.process import ServiceMissing, end, free_port, wait_until

# A handful of sessions of the server for all connections, so that they do change hands.
_CONFIGURATION = """\
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 200
"""


@contextmanager
def pgbouncer(database: str, mode: str) -> Iterator[str]:
    """Run one in `session` or `transaction` mode; gives the URL of a database through it.

    Raises:
        ServiceMissing: the program is not here.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        raise ServiceMissing("PgBouncer")
    folder, port, target = Path(tempfile.mkdtemp(prefix="pgbouncer-")), free_port(), urlsplit(database)
    users, settings, log = folder / "users", folder / "pgbouncer.ini", folder / "log"
    users.write_text('"postgres" ""\n')
    size = 3 if mode == "transaction" else 60
    settings.write_text(_CONFIGURATION.format(server=target.port, port=port, users=users, mode=mode, size=size))
    folder.chmod(0o755)
    with log.open("wb") as output:
        # It refuses to run as root, as PostgreSQL does, whose packages bring a user for both.
        user = "postgres" if os.geteuid() == 0 else None
        process = subprocess.Popen(
            [program, settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _answers(port), process=process, log=log.read_text)
        yield f"postgresql://postgres@127.0.0.1:{port}{target.path}"
    finally:
        end(process, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
