"""A Postfix of our own, with its own configuration and queue, on a private port of loopback.

It offers STARTTLS and AUTH after it, takes as many connections and messages as it is told, and asks a policy server
about each recipient. What it took stays in its hold queue, on its disk: that is the ledger.
"""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Self

import trustme

from tests.services.process import PATIENCE, Service, ServiceMissing, free_port, wait_until

PROGRAM = Path("/usr/sbin/postfix")
DAEMONS = Path("/usr/lib/postfix/sbin")

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
"""


def relaying(domains: Mapping[str, int], *, others: int) -> dict[str, object]:
    """Settings of a server that takes mail from this machine without a login, and relays it at once.

    `domains` is the port of loopback to which each domain's mail goes, `others` that of all other mail.
    """
    routes = " ".join(f"{domain}=smtp:[127.0.0.1]:{port}" for domain, port in domains.items())
    return {
        "mynetworks": "127.0.0.0/8",
        "smtpd_tls_security_level": "none",
        "smtpd_sasl_auth_enable": "no",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtpd_recipient_restrictions": "permit_mynetworks, reject",
        "transport_maps": f"inline:{{ {routes} }}",
        "relayhost": f"[127.0.0.1]:{others}",
        "disable_dns_lookups": "yes",
    }


class Postfix(Service):
    """One server. Use it as a context manager, or call `start` and `close`."""

    def __init__(
        self,
        *,
        policy: int = 0,
        login: int = 0,
        connections: int = 50,
        messages: int = 0,
        window: int = 60,
        settings: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Nothing runs yet.

        Args:
            policy: port of the policy server.
            login: port of the server that knows the passwords, in Dovecot's protocol.
            connections: that it takes from one client at a time.
            messages: that it takes from one client in each window; 0 is any number.
            window: seconds.
            settings: of `main.cf`, in place of those that this class writes.

        Raises:
            ServiceMissing: the program is not here.
        """
        if not PROGRAM.exists():
            raise ServiceMissing("Postfix")
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.folder.chmod(0o755)
        self.ca_file = self.folder / "ca.pem"
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._make_folders()
        self._make_certificate()
        (self.folder / "etc" / "master.cf").write_text(_MASTER.format(port=self.port))
        chosen = self._settings(policy, login) | {
            "smtpd_client_connection_count_limit": connections,
            "smtpd_client_message_rate_limit": messages,
            "anvil_rate_time_unit": f"{window}s",
            **settings,
        }
        lines = [f"{name} = {value}\n" for name, value in chosen.items()]
        (self.folder / "etc" / "main.cf").write_text("".join(lines))

    def start(self) -> Self:
        """Start, also again after `stop` or `kill`, with what is in the queue; returns when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                _as_root(PROGRAM, "-c", self.folder / "etc", "start-fg"), stdout=log, stderr=log, start_new_session=True
            )
        wait_until(lambda: _greets(self.port), process=self._process, log=self._log.read_text)
        return self

    def stop(self) -> None:
        """Shut down in order."""
        subprocess.run(_as_root(PROGRAM, "-c", self.folder / "etc", "stop"), check=False, capture_output=True)
        self._end("TERM")

    def kill(self) -> None:
        """End all its processes by SIGKILL."""
        self._end("KILL")

    def held(self) -> list[str]:
        """The recipient of each message in the queue."""
        done = subprocess.run(
            _as_root("/usr/sbin/postqueue", "-c", self.folder / "etc", "-j"), check=True, capture_output=True, text=True
        )
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return [recipient["address"] for message in messages for recipient in message["recipients"]]

    def contents(self) -> list[bytes]:
        """Each message in the queue as it would go on."""
        folder = self.folder / "queue" / "hold"
        names = subprocess.run(_as_root("find", folder, "-type", "f"), check=True, capture_output=True, text=True)
        command = _as_root("/usr/sbin/postcat", "-c", self.folder / "etc", "-hb")
        found = [subprocess.run([*command, name], check=True, capture_output=True) for name in names.stdout.split()]
        return [done.stdout.replace(b"\n", b"\r\n") for done in found]

    def log(self) -> str:
        """What it logged."""
        return self._log.read_text()

    def close(self) -> None:
        """Stop it for good and remove its files."""
        self.kill()
        subprocess.run(_as_root("rm", "-rf", self.folder), check=True)

    def _end(self, how: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            # Where sudo started it, it has a process group of its own.
            written = subprocess.run(_as_root("cat", self.folder / "queue" / "pid" / "master.pid"), capture_output=True)
            with suppress(ProcessLookupError, ValueError):
                group = os.getpgid(int(written.stdout))
                subprocess.run(_as_root("kill", f"-{how}", "--", f"-{group}"), check=False, capture_output=True)
        process.wait(timeout=PATIENCE)

    def _make_folders(self) -> None:
        self._log.touch()
        self._log.chmod(0o666)  # parts of Postfix write it without being root
        for name, owner in (("etc", None), ("queue", "root"), ("data", "postfix")):
            (self.folder / name).mkdir(mode=0o755)
            if owner is not None:
                subprocess.run(_as_root("chown", owner, self.folder / name), check=True)

    def _make_certificate(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        certificate = authority.issue_cert("localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "etc" / "server.pem"))

    def _settings(self, policy: int, login: int) -> dict[str, object]:
        return {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "command_directory": "/usr/sbin",
            "daemon_directory": DAEMONS,
            "maillog_file": self._log,
            "maillog_file_prefixes": self.folder,
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "inet_protocols": "ipv4",
            "myhostname": "mail.example.com",
            "mydestination": "",
            "mynetworks": "192.0.2.1/32",
            "alias_maps": "",
            "smtpd_client_event_limit_exceptions": "",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_chain_files": self.folder / "etc" / "server.pem",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"inet:127.0.0.1:{login}",
            "smtpd_error_sleep_time": "0",
            "smtpd_soft_error_limit": "1000",
            "smtpd_hard_error_limit": "1000",
            "smtpd_helo_required": "yes",
            "smtpd_helo_restrictions": "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname",
            "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject",
            "smtpd_relay_restrictions": (
                f"check_policy_service inet:127.0.0.1:{policy}, permit_sasl_authenticated, reject_unauth_destination"
            ),
        }


def _as_root(*command: str | Path) -> list[str]:
    """Postfix is started by root only."""
    return [*([] if os.geteuid() == 0 else ["sudo", "-n"]), *map(str, command)]


def _greets(port: int) -> bool:
    """Whether a server says that it is ready, or that it has enough connections already."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(3) in {b"220", b"421"}
    except OSError:
        return False
