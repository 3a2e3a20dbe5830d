"""`count` finds every difference of model, store and provider; else a table of zeros would prove nothing."""

from collections import Counter
from uuid import UUID

import pytest

from chaos.findings import Findings
from chaos.homes.count import count
from chaos.homes.stored import Sent, Stored
from chaos.provider.journal import Entry
from tests.homes_scenario.expected import Alert, Expected, Fact

ONE, DIGEST = UUID(int=1), UUID(int=2)
ALERT = Alert(7, "1-1", frozenset({Fact("New Listing", None, "Active")}), frozenset({"Search 1"}), 500_000)
TOLD = 7, "1", "New Listing"
FINE = Sent(ONE, "sent", "sent", ONE)


def _count(
    *sent: Sent, arrived: int = 1, left: int = 1, alerts: int = 1, told: int = 1, digests: dict[UUID, str] | None = None
) -> Findings:
    expected = Expected([])
    expected.alerts[ALERT] += 1
    expected.told[TOLD] += 1
    carriers = {one.carrier for one in sent} | (digests or {}).keys() or {ONE}
    entries = [Entry("taken", "email", "", f"{one}.signature", 0) for one in carriers for _ in range(arrived)]
    may_have_left = Counter(dict.fromkeys(carriers, left))
    stored = Stored(Counter({ALERT: alerts}), Counter({TOLD: told}), list(sent), digests or {}, may_have_left)
    return count(expected, stored, entries, in_doubt_at_most=10)


def test_an_alert_that_arrived_once_is_no_fault() -> None:
    assert _count(FINE) == Findings(accepted=1)


def test_an_alert_that_was_never_made_is_lost() -> None:
    assert _count(FINE, alerts=0).lost == 1


def test_an_alert_made_twice_is_wrong() -> None:
    assert _count(FINE, alerts=2).wrong == {"alerts too many": 1}


@pytest.mark.parametrize(
    ("told", "what"), [(0, "facts that the ledger misses"), (2, "facts that the ledger has too often")]
)
def test_the_ledger_has_each_fact_once(told: int, what: str) -> None:
    assert _count(FINE, told=told).wrong == {what: 1}


@pytest.mark.parametrize("state", ["queued", "collected", "sending", "unknown"])
def test_what_is_still_open_is_lost(state: str) -> None:
    assert _count(Sent(ONE, state, "queued", ONE)).lost == 1


def test_what_is_sent_and_did_not_arrive_is_lost() -> None:
    assert _count(FINE, arrived=0).lost == 1
    assert _count(Sent(ONE, "sent", "in_digest", DIGEST), digests={DIGEST: "sent"}, arrived=0).lost == 1


def test_an_alert_in_a_digest_arrives_with_it() -> None:
    assert _count(Sent(ONE, "sent", "in_digest", DIGEST), digests={DIGEST: "sent"}) == Findings(accepted=1)


def test_an_alert_may_be_held_back_for_what_happened_to_its_home_alone() -> None:
    assert _count(Sent(ONE, "suppressed", "listing_gone", ONE), arrived=0, left=0) == Findings(accepted=1)
    found = _count(Sent(ONE, "suppressed", "user_opted_out", ONE), arrived=0, left=0)
    assert found.wrong == {"ended as suppressed: user_opted_out": 1}


def test_what_came_again_is_explained_by_a_second_attempt_alone() -> None:
    explained, unexplained = _count(FINE, arrived=2, left=2), _count(FINE, arrived=2)
    assert (explained.duplicates, explained.bound, explained.wrong) == (1, 1, {})
    assert (unexplained.duplicates, unexplained.bound) == (1, 0)
    assert unexplained.wrong == {"arrived more often than it was tried": 1}


def test_a_mail_of_no_alert_is_wrong() -> None:
    assert _count().wrong == {"arrived and is no alert": 1}
