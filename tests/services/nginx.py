"""An nginx of our own before APIs of ours, as a company would have it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.process import ServiceMissing, end, free_port, wait_until

# Connections to the APIs are kept open and used again, and the prefix is passed on or taken off.
_CONFIGURATION = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream apis {{
{servers}
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://apis;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host:$server_port;
        }}
        location /taken-off/ {{
            proxy_pass http://apis/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


@contextmanager
def nginx(ports: Sequence[int]) -> Iterator[str]:
    """Run one before the APIs on these ports of loopback; gives its address.

    Raises:
        ServiceMissing: the program is not here.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        raise ServiceMissing("nginx")
    folder, port = Path(tempfile.mkdtemp(prefix="nginx-")), free_port()
    folder.chmod(0o755)
    servers = "\n".join(f"        server 127.0.0.1:{each};" for each in ports)
    settings = folder / "nginx.conf"
    settings.write_text(_CONFIGURATION.format(folder=folder, port=port, servers=servers))
    log = folder / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-p", folder, "-c", settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _answers(port), process=process, log=log.read_text)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
