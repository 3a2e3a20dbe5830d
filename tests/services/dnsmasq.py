"""A dnsmasq of our own on loopback, which knows the records it is given and no others."""

import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.process import free_port
from tests.services.proxies import find_program, listening


@contextmanager
def dnsmasq(records: Iterable[str]) -> Iterator[str]:
    """Run one with these lines of its configuration; gives its address and port.

    Raises:
        ServiceMissing: the program is not here.
    """
    program, folder, port = find_program("dnsmasq"), Path(tempfile.mkdtemp(prefix="dnsmasq-")), free_port()
    configuration = folder / "dnsmasq.conf"
    own = [
        f"port={port}",
        "listen-address=127.0.0.1",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        "user=root",
        "pid-file=",
    ]
    configuration.write_text("\n".join([*own, "local=/example/", "local=/in-addr.arpa/", *records, ""]))
    with listening(
        [program, "--keep-in-foreground", f"--conf-file={configuration}"], folder, port, stop=signal.SIGTERM
    ):
        yield f"127.0.0.1:{port}"


def text_record(name: str, text: str) -> str:
    """One TXT record, in strings of 255 characters."""
    strings = ",".join(f'"{text[begin : begin + 255]}"' for begin in range(0, len(text), 255))
    return f"txt-record={name},{strings}"
