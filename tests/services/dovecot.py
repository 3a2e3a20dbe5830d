"""A Dovecot of our own on loopback: one mailbox, whose mails are files."""

import grp
import os
import pwd
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.services.process import free_port
from tests.services.proxies import find_program, listening

USER, PASSWORD = "bounces", "correct-horse"

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server."""

    port: int
    ca_file: Path
    mails: Path
    """The folder of the mailbox, in the form of maildir."""

    def receive(self, name: str, content: bytes) -> None:
        """One more mail in the mailbox."""
        arriving = self.mails / "tmp" / name
        arriving.write_bytes(content)
        arriving.rename(self.mails / "new" / name)

    def left(self) -> dict[str, str]:
        """The flags of each mail that is still there, by its name; S is seen."""
        files = [file.name for folder in ("new", "cur") for file in (self.mails / folder).iterdir()]
        return {name.partition(":")[0]: name.partition(":2,")[2] for name in files}


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Run one until the block ends.

    Raises:
        ServiceMissing: the program is not here.
    """
    program, folder, port = find_program("dovecot"), Path(tempfile.mkdtemp(prefix="dovecot-")), free_port()
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "certificate.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for part in ("new", "cur", "tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    configuration = folder / "dovecot.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, password=PASSWORD, **_users(folder)))
    with listening([program, "-F", "-c", str(configuration)], folder, port, stop=signal.SIGTERM):
        yield Dovecot(port, folder / "ca.pem", folder / "mail")


def _users(folder: Path) -> dict[str, str | int]:
    """Who runs what: root starts each part as a user of the package, anybody else all parts as themselves."""
    if os.geteuid() != 0:
        me, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(os.getegid())
        return {
            "internal": me.pw_name,
            "group": group.gr_name,
            "login": me.pw_name,
            "uid": me.pw_uid,
            "gid": group.gr_gid,
        }
    owner = pwd.getpwnam("dovecot")
    folder.chmod(0o755)
    for path in (folder / "mail", *(folder / "mail").iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    return {
        "internal": "dovecot",
        "group": "dovecot",
        "login": "dovenull",
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
    }
