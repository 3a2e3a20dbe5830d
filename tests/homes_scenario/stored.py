"""What the store and the mail server have in the end, in the terms of the model."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.homes_scenario.digests import SHOWN
from tests.homes_scenario.expected import IN_RANGE, Alert, Digest, Fact, Mail
from tests.homes_scenario.mail_server import Entry

_ALERTS = "SELECT person, details FROM alerts"
_TOLD = """
    SELECT l.property_id, t.fact, t.people, l.listing_key
    FROM told t JOIN listings l ON l.id = t.listing_id
"""
_IN_DOUBT = "SELECT count(*) FROM attempts WHERE outcome = 'unknown'"
_DIGEST = re.compile(r"Listing alerts: ([\d,]+) new")
_PRICE = re.compile(r"Price: \$([\d,]+)")


async def alerts(connection: AsyncConnection) -> Counter[Alert]:
    """Every alert."""
    found: Counter[Alert] = Counter()
    for person, details in await connection.execute(text(_ALERTS)):
        its = json.loads(details)
        facts = frozenset(_fact(*fact) for fact in its["facts"])
        names = frozenset(search[0] for search in its["searches"])
        found[Alert(person, its["listing_key"], facts, names, its["price"])] += 1
    return found


async def told(connection: AsyncConnection) -> Counter[tuple[int, str, str]]:
    """How often the ledger says that each person was told a fact of each kind of each home."""
    found: Counter[tuple[int, str, str]] = Counter()
    known: set[tuple[object, str, int]] = set()
    for home, fact, people, listing in await connection.execute(text(_TOLD)):
        # A person may be in rows of several shards, if people were divided anew, and of several listings.
        new = {(home, fact, one) for one in _numbers(people)} - known
        known |= new
        # The key of a listing begins with the number of its parcel.
        found.update((one, listing.partition("-")[0], fact.partition("/")[0]) for *_, one in new)
    return found


async def in_doubt(connection: AsyncConnection) -> int:
    """Attempts of which it is not known whether the mail server took the mail."""
    return int((await connection.execute(text(_IN_DOUBT))).scalar_one())


def mails(taken: Iterable[Entry]) -> tuple[Counter[Mail | Digest], int]:
    """Every mail once, and how many came again. A mail that comes again has the Message-ID of the first one."""
    found: Counter[Mail | Digest] = Counter()
    known: set[str] = set()
    again = 0
    for one in taken:
        again += one.id in known
        if one.id not in known:
            known.add(one.id)
            found[_mail(one.recipient, one.subject, one.text.splitlines())] += 1
    return found, again


def _mail(recipient: str, subject: str, lines: list[str]) -> Mail | Digest:
    prices = [int(found[1].replace(",", "")) for line in lines if (found := _PRICE.search(line))]
    if count := _DIGEST.fullmatch(subject):
        items = int(count[1].replace(",", ""))
        titles = [line[2:] for line in lines if line.startswith("• ")]
        shown = frozenset(zip(titles, prices, strict=True)) if items <= SHOWN else frozenset()
        return Digest(recipient, items, shown)
    names = frozenset(line[2:].partition(":")[0] for line in lines if line.startswith("- Search "))
    return Mail(recipient, subject, names, prices[0])


def _fact(kind: str, _field: str | None, before: object, after: object, *_: object) -> Fact:
    return Fact(kind, None, None) if kind == IN_RANGE else Fact(kind, before, after)


def _numbers(packed: str) -> Iterator[int]:
    """The numbers in a row of the ledger, read without the service's code: distances in groups of seven bits."""
    number = distance = shift = 0
    for byte in base64.b64decode(packed):
        distance |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            number += distance
            yield number
            distance = shift = 0


def differences(what: str, expected: Counter[Any], found: Counter[Any]) -> Iterator[str]:
    """Where the two differ."""
    for one, count in (expected - found).items():
        yield f"{what}: {count} missing: {one}"
    for one, count in (found - expected).items():
        yield f"{what}: {count} too many: {one}"
