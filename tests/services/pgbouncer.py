"""A PgBouncer of our own, before a PostgreSQL of ours."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.services.process import free_port
from tests.services.proxies import find_program, listening

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
    program = find_program("pgbouncer")
    folder, port, target = Path(tempfile.mkdtemp(prefix="pgbouncer-")), free_port(), urlsplit(database)
    users, settings = folder / "users", folder / "pgbouncer.ini"
    users.write_text('"postgres" ""\n')
    size = 3 if mode == "transaction" else 60
    settings.write_text(_CONFIGURATION.format(server=target.port, port=port, users=users, mode=mode, size=size))
    folder.chmod(0o755)
    # It refuses to run as root, as PostgreSQL does, whose packages bring a user for both.
    user = "postgres" if os.geteuid() == 0 else None
    with listening([program, settings], folder, port, stop=signal.SIGINT, user=user):
        yield f"postgresql://postgres@127.0.0.1:{port}{target.path}"
