"""Compares what users were told with the model: alerts, told ledger, and what the provider took. Pure."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from chaos.findings import Findings
from chaos.homes.stored import Stored
from chaos.provider.journal import Entry
from property_alert_notification.base.reasons import ReasonCode
from tests.homes_scenario.expected import Expected

NOT_NEWS = {
    ReasonCode.LISTING_GONE,
    ReasonCode.NO_LONGER_MATCHES,
    ReasonCode.PRICE_CHANGED_SINCE,
    ReasonCode.NEWER_ALERT,
}
"""Why an alert may be held back in the end: the home has changed since."""

OPEN = {"queued", "held", "collected", "sending", "retry_wait", "unknown"}


def count(expected: Expected, stored: Stored, entries: Sequence[Entry], *, in_doubt_at_most: int) -> Findings:
    """Count."""
    findings = Findings(accepted=expected.alerts.total())
    findings.lost += (expected.alerts - stored.alerts).total()
    _note(findings, "alerts too many", (stored.alerts - expected.alerts).total())
    _note(findings, "facts that the ledger misses", (expected.told - stored.told).total())
    _note(findings, "facts that the ledger has too often", (stored.told - expected.told).total())
    arrived = _arrivals(entries)
    for one in stored.of_alerts:
        _check(findings, one.state, one.code, arrived[one.carrier], stored.may_have_left[one.carrier])
    for delivery, state in stored.digests.items():
        _note(findings, f"digests that ended as {state}", state not in ("sent", "suppressed"))
        _note(findings, "digests that are sent and did not arrive", state == "sent" and not arrived[delivery])
    carriers = {one.carrier for one in stored.of_alerts} | stored.digests.keys()
    for carrier in carriers:
        findings.duplicates += max(0, arrived[carrier] - 1)
        findings.bound += max(0, stored.may_have_left[carrier] - 1)
    _note(findings, "arrived and is no alert", sum(n for one, n in arrived.items() if one not in carriers))
    _note(findings, "more in doubt than was on the wire", max(0, findings.bound - in_doubt_at_most))
    return findings


def _arrivals(entries: Sequence[Entry]) -> Counter[UUID]:
    """How often the message of each delivery was taken: its id is in the Message-ID."""
    return Counter(UUID(entry.key.partition(".")[0]) for entry in entries if entry.kind == "taken")


def _check(findings: Findings, state: str, code: str, arrivals: int, left: int) -> None:
    if state in OPEN or (state == "sent" and not arrivals):
        findings.lost += 1
    elif state == "suppressed" and code in NOT_NEWS:
        _note(findings, "arrived and was held back", arrivals > max(0, left))
    elif state == "failed" and left > 1:
        findings.lost += not arrivals  # nobody knows whether the provider took the last one
    elif state != "sent":
        _note(findings, f"ended as {state}: {code}", 1)
    _note(findings, "arrived more often than it was tried", arrivals > left)


def _note(findings: Findings, what: str, count: int) -> None:
    if count:
        findings.wrong[what] += count
