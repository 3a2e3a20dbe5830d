"""What a search tells of a home although the ledger has it: all alerts about it ended unsent."""

import numpy as np
import pytest

from property_alert_notification.homes.alerts.digests.untold import told_before, untold
from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest, Waiting
from property_alert_notification.homes.alerts.ledger.queries import ToldFacts
from tests.unit.homes.alerts.digests.test_waiting import CUT, CUT_MORE, HOME, LISTING, a_change, a_search, told

PERSON, DAILY, AT_ONCE = 10, 1, 2


def a_home() -> HomeInDigest:
    """With two price cuts that a daily search matched."""
    first, second = a_change(5, CUT), a_change(6, CUT_MORE)
    [home] = told([Waiting(a_search(DAILY), False, first), Waiting(a_search(DAILY), False, second)])
    return home


@pytest.mark.parametrize(
    ("in_ledger", "unsent", "tells"),
    [
        ([], {}, ["cut", "more"]),
        (["cut"], {}, ["more"]),
        (["cut"], {"cut": AT_ONCE}, ["cut", "more"]),
        (["cut", "more"], {"cut": AT_ONCE, "more": AT_ONCE}, ["cut", "more"]),
        # The user heard of the newer price.
        (["cut", "more"], {"cut": AT_ONCE}, []),
        (["cut", "more"], {"more": AT_ONCE}, ["more"]),
        # It is the search itself that was to tell it, in a digest before.
        (["cut"], {"cut": DAILY}, ["more"]),
    ],
)
def test_an_unsent_fact_is_told_by_another_search_unless_a_newer_one_was(
    in_ledger: list[str], unsent: dict[str, int], tells: list[str]
) -> None:
    home = a_home()
    ledger = ToldFacts({LISTING: HOME}, {(HOME, key): np.array([PERSON]) for key in in_ledger}, {})
    assert [key for _, key, _ in told_before(home, ledger)] == in_ledger
    ended = {(LISTING, key, PERSON): frozenset({sender}) for key, sender in unsent.items()}
    assert [one.key for one in untold(home, ledger, ended)] == tells
