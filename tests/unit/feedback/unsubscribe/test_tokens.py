"""Tokens in links: only who has a key makes one, and each is good for one purpose."""

import re
import string
from datetime import UTC, datetime, timedelta

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.unsubscribe.tokens import LONGEST_TOKEN, Link, Purpose, Tokens

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
EMAIL = Channel("email")
OLD, NEW = b"an-old-signing-key-with-32-characters", b"a-new-signing-key-with-32-characters."
LINK = Link(7, EMAIL, "listing_alert")
TOKENS = Tokens([NEW])


def _read(token: str, *, tokens: Tokens = TOKENS, purpose: Purpose = Purpose.UNSUBSCRIBE) -> Link | None:
    return tokens.read(purpose, token, now=NOW)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_says_what_it_was_made_for_and_is_safe_in_a_url(purpose: Purpose) -> None:
    for link in (
        Link(0),
        Link(2**63 - 1, EMAIL, "x" * 64, test=True, expires_at=NOW + timedelta(days=20_000)),
        Link(7, Channel("sms"), None),
        Link(7, None, "listing_alert", test=True),
        *(Link(7, EMAIL, "x" * length) for length in range(1, 65)),
    ):
        token = TOKENS.make(purpose, link)

        assert TOKENS.read(purpose, token, now=NOW) == link
        assert re.fullmatch("[A-Za-z0-9_-]*[A-Za-z0-9]", token), link
        assert len(token) <= LONGEST_TOKEN, link


def test_a_token_is_short_works_for_years_and_hides_what_it_is_about() -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, LINK)

    assert len(token) <= 70
    assert TOKENS.read(Purpose.UNSUBSCRIBE, token, now=NOW + timedelta(days=36_500)) == LINK
    assert TOKENS.make(Purpose.UNSUBSCRIBE, LINK) == token
    assert TOKENS.make(Purpose.UNSUBSCRIBE, LINK._replace(user_id=8))[:8] != token[:8]


def test_a_token_of_one_purpose_is_none_of_another() -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, LINK)

    assert _read(token, purpose=Purpose.PREFERENCES) is None


def test_no_changed_character_is_accepted() -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, LINK)
    alphabet = string.ascii_letters + string.digits + "-_"

    changed = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in alphabet
        if letter != token[place]
    ]
    changed += [token[:length] for length in range(len(token))]
    changed += [f"{token[:place]}{letter}{token[place:]}" for place in range(len(token) + 1) for letter in "A=.\n é\0"]

    assert [each for each in changed if _read(each) is not None] == []


@pytest.mark.parametrize("garbage", ["", "A", "AQ", "=", "A" * 24, "A" * 10_000, "é", "\ud800", "../../etc", "AAE" * 9])
def test_garbage_is_no_token(garbage: str) -> None:
    assert _read(garbage) is None


def test_an_expired_token_is_none_from_its_second_on() -> None:
    token = TOKENS.make(Purpose.PREFERENCES, LINK._replace(expires_at=NOW))

    assert TOKENS.read(Purpose.PREFERENCES, token, now=NOW - timedelta(seconds=1)) is not None
    assert TOKENS.read(Purpose.PREFERENCES, token, now=NOW) is None


def test_keys_rotate_without_breaking_old_mail_until_the_old_key_is_dropped() -> None:
    old = Tokens([OLD]).make(Purpose.UNSUBSCRIBE, LINK)
    rotated = Tokens([NEW, OLD])

    assert _read(old, tokens=rotated) == LINK
    assert rotated.make(Purpose.UNSUBSCRIBE, LINK) == TOKENS.make(Purpose.UNSUBSCRIBE, LINK)
    assert _read(old, tokens=Tokens([NEW])) is None
