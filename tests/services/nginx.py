"""An nginx of our own before APIs of ours, as a company would have it."""

import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.process import free_port
from tests.services.proxies import find_program, listening

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
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
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
    program, folder, port = find_program("nginx"), Path(tempfile.mkdtemp(prefix="nginx-")), free_port()
    folder.chmod(0o755)
    servers = "\n".join(f"        server 127.0.0.1:{each};" for each in ports)
    settings = folder / "nginx.conf"
    settings.write_text(_CONFIGURATION.format(folder=folder, port=port, servers=servers))
    with listening([program, "-p", folder, "-c", settings], folder, port, stop=signal.SIGTERM):
        yield f"http://127.0.0.1:{port}"
