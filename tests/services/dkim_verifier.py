"""Verifies DKIM signatures by Debian's dkimpy, which shares no code with the service."""

import json
import subprocess
from collections.abc import Iterable, Mapping

from tests.services.process import PATIENCE, ServiceMissing

PYTHON = "/usr/bin/python3"
"""The one that has Debian's packages."""

_VERIFY = """
import dkim, json, sys
given = json.load(sys.stdin)
records = {name.encode(): text.encode() for name, text in given["records"].items()}
def lookup(name, timeout=5):
    return records.get(name.rstrip(b"."))
def holds(mail, number):
    try:
        return dkim.DKIM(mail).verify(idx=number, dnsfunc=lookup)
    except dkim.DKIMException:
        return False
mails = [bytes.fromhex(mail) for mail in given["mails"]]
json.dump([[holds(mail, number) for number in range(mail.count(b"DKIM-Signature:"))] for mail in mails], sys.stdout)
"""


def verify(mails: Iterable[bytes], records: Mapping[str, str]) -> list[list[bool]]:
    """Of each mail: whether each of its signatures holds, from the top.

    Args:
        mails: as they came over the wire.
        records: the TXT records that publish keys, by their names.

    Raises:
        ServiceMissing: dkimpy is not here.
    """
    given = {"records": dict(records), "mails": [mail.hex() for mail in mails]}
    done = subprocess.run(
        [PYTHON, "-c", _VERIFY], input=json.dumps(given), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if "No module named" in done.stderr:
        raise ServiceMissing("python3-dkim")
    assert done.returncode == 0, done.stderr
    found: list[list[bool]] = json.loads(done.stdout)
    return found
