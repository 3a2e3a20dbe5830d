"""Compares the records of callers, store and providers of one trial. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from chaos.experiment import Bound, Experiment
from chaos.findings import Findings
from chaos.provider.journal import Entry
from chaos.store_reader import StoredDelivery

ADDRESS = {"email": "user_email", "sms": "user_phone_number"}
"""By channel, the field that names the address. Email comes twice when it is sent twice; SMS has a keyed gateway."""

OPEN = {"queued", "held", "collected", "sending", "retry_wait", "unknown"}


def compare(
    experiment: Experiment,
    bodies: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, set[str]],
    stored: Sequence[StoredDelivery],
    entries: Sequence[Entry],
    *,
    in_doubt_at_most: int,
) -> Findings:
    """Count.

    Args:
        experiment: says what is allowed.
        bodies: by reference, what was handed over.
        answers: by reference, the ids that a caller was answered.
        stored: the deliveries as the store has them.
        entries: the providers' journal.
        in_doubt_at_most: emails that were in the hands of what was killed, frozen or cut off, at most.
    """
    findings = Findings()
    arrived = _arrivals(entries)
    kept = {(one.reference, one.channel): one for one in stored}
    for channel, name in ADDRESS.items():
        for address, references in _by_address(bodies, name).items():
            arrivals = arrived.pop((channel, address), 0)
            for reference in references:
                _check(findings, experiment, kept.get((reference, channel)), answers.get(reference, set()), arrivals)
            theirs = [kept[reference, channel] for reference in references if (reference, channel) in kept]
            _count_twice(findings, theirs, channel, arrivals)
    if arrived:
        findings.wrong["arrived and belongs to no call"] += sum(arrived.values())
    if len({one.submitted for one in stored}) != len({one.reference for one in stored}):
        findings.wrong["two notifications for one key"] += 1
    if findings.bound > in_doubt_at_most:
        findings.wrong["more in doubt than was on the wire"] += findings.bound - in_doubt_at_most
    if experiment.bound is Bound.NONE:
        findings.bound = 0
    return findings


def _arrivals(entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    """How often a person got the message: an email as often as it was taken, an SMS once for each key."""
    keys: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "taken":
            keys[entry.channel, entry.to].append(entry.key)
    return {place: len(taken) for place, taken in keys.items()}


def _by_address(bodies: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Sequence[str]]:
    """The references of what goes to each address: several where a digest carries them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for reference, body in bodies.items():
        found[str(body[name])].append(reference)
    return found


def _check(
    findings: Findings, experiment: Experiment, stored: StoredDelivery | None, ids: set[str], arrivals: int
) -> None:
    if stored is None:
        findings.lost += bool(ids)
    elif stored.state in OPEN or (stored.state == "sent" and not arrivals):
        findings.lost += 1
    elif stored.state not in experiment.ends:
        findings.wrong[f"ended as {stored.state}: {stored.reason}"] += 1
    if stored is None and arrivals:
        findings.wrong["arrived and is not in the store"] += 1
    if stored is not None and ids and stored.submitted not in ids:
        findings.wrong["the store has another id than the caller"] += 1


def _count_twice(findings: Findings, stored: Sequence[StoredDelivery], channel: str, arrivals: int) -> None:
    """Count what came again of the deliveries to one address, which it got as often as something carried them."""
    carriers = {one.carrier: one.may_have_left for one in stored}
    left = sum(carriers.values())
    again = max(0, arrivals - max(1, len(carriers)))
    if channel == "sms":
        findings.keyed_duplicates += again
        return
    findings.duplicates += again
    findings.bound += sum(max(0, one - 1) for one in carriers.values())
    if arrivals > left:
        findings.wrong["arrived more often than it was tried"] += 1
