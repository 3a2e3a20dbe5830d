"""The keyed hashes of the suppression list, compared with those of another program."""

import subprocess

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.people.suppressions.subjects import Subjects

EMAIL, SMS = Channel("email"), Channel("sms")
OLD, NEW = b"an old secret of some thirty-two characters", b"a new secret of some thirty-two characters!"


def openssl_hmac(key: bytes, content: bytes) -> bytes:
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def openssl_blake2s(key: bytes, content: bytes) -> str:
    command = ["openssl", "mac", "-macopt", f"hexkey:{key.hex()}", "-macopt", "size:16", "BLAKE2SMAC"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode().strip().lower()


def test_a_subject_is_hashed_under_a_derived_key() -> None:
    derived = openssl_hmac(NEW, b"suppression list")

    assert Subjects([NEW]).of_address(EMAIL, "ada@example.com") == [openssl_blake2s(derived, b"email\0ada@example.com")]
    assert Subjects([NEW]).of_user(7) == [openssl_blake2s(derived, b"user\0" + b"7")]


def test_entries_of_earlier_keys_are_found_and_new_ones_get_the_first_key() -> None:
    both = Subjects([NEW, OLD]).of_address(SMS, "+14155552671")

    assert both == Subjects([NEW]).of_address(SMS, "+14155552671") + Subjects([OLD]).of_address(SMS, "+14155552671")
    assert len(set(both)) == 2


def test_case_and_unicode_form_make_no_difference_but_kind_and_channel_do() -> None:
    subjects = Subjects([NEW])

    assert subjects.of_address(EMAIL, "Ada@Example.com") == subjects.of_address(EMAIL, "ada@example.com")
    assert subjects.of_address(EMAIL, "zo\u00eb@example.com") == subjects.of_address(EMAIL, "zoe\u0308@example.com")
    assert len({*subjects.of_address(EMAIL, "7"), *subjects.of_address(SMS, "7"), *subjects.of_user(7)}) == 3
    assert subjects.of_address(EMAIL, "\udcff@example.com")
