"""Collects messages with a daily, weekly or monthly frequency until their digest is made. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from property_alert_notification.base import times
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.people.decisions import Collect, Rule
from property_alert_notification.people.digest_times import next_digest
from property_alert_notification.people.preferences.rules import DigestTimes

DIGESTS = frozenset({Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY})
"""The frequencies that collect."""


_STEP = timedelta(minutes=5)
"""Messages that missed their digest are collected until the next of these, so that they become one."""


def collect_for(digest_at: datetime, now: datetime) -> Collect:
    """Collect a message for the digest of a saved search that is made at `digest_at`, or soon if that has passed."""
    late = now - digest_at
    closes_at = digest_at if late < timedelta() else digest_at + (late // _STEP + 1) * _STEP
    reason = Reason(ReasonCode.COLLECTED_FOR_SEARCH, {"closes_at": times.in_words(closes_at)})
    return Collect(reason, Rule.FREQUENCY, Frequency.DAILY, closes_at)


@lru_cache(maxsize=4096)
def collect(frequency: Frequency, digest: DigestTimes | None, zones: Sequence[tzinfo], now: datetime) -> Collect:
    """Collect a message for the next digest of this frequency, one of `DIGESTS`.

    `digest` and `zones`, a tuple, are those of `next_digest`. The cache lets equal preferences of a batch share a
    decision.
    """
    closes_at = next_digest(frequency, digest, zones, now)
    reason = Reason(ReasonCode.COLLECTED, {"frequency": frequency.value, "closes_at": times.in_words(closes_at)})
    return Collect(reason, Rule.FREQUENCY, frequency, closes_at)
