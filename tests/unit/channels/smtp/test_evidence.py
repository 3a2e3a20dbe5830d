"""Whether refusals that name no cause are about one message or about us."""

from property_alert_notification.channels.smtp.evidence import Evidence, Finding

REPLY = "550 5.7.1 Access denied"


def test_three_recipients_in_a_row_are_about_us() -> None:
    evidence = Evidence()
    found = [evidence.weigh(REPLY, f"user{number}@example.com") for number in range(5)]
    assert found == [Finding.UNKNOWN, Finding.UNKNOWN, Finding.US, Finding.US, Finding.US]


def test_one_recipient_refused_again_and_again_is_no_evidence_about_us() -> None:
    evidence = Evidence()
    assert {evidence.weigh(REPLY, "anna@example.com") for _ in range(9)} == {Finding.UNKNOWN}


def test_a_message_that_is_refused_while_others_are_taken_is_to_blame() -> None:
    evidence = Evidence()
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.UNKNOWN
    evidence.taken()
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.MESSAGE


def test_what_was_taken_before_says_nothing_about_a_refusal_that_is_new() -> None:
    evidence = Evidence()
    evidence.taken()
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.UNKNOWN


def test_once_it_was_about_us_it_is_so_until_a_message_is_taken() -> None:
    evidence = Evidence()
    recipients = [f"user{number}@example.com" for number in range(3)]
    for _ in range(2):
        found = [evidence.weigh(REPLY, recipient) for recipient in recipients]
    assert set(found) == {Finding.US}
    evidence.taken()
    assert evidence.weigh(REPLY, "new@example.com") is Finding.UNKNOWN


def test_different_replies_make_no_row() -> None:
    evidence = Evidence()
    assert {evidence.weigh(f"reply {number}", f"user{number}@example.com") for number in range(20)} == {Finding.UNKNOWN}


def test_a_server_may_word_its_refusals_in_three_ways() -> None:
    evidence = Evidence()
    refusals = [(f"reply {way}", f"user{number}@example.com") for number in range(3) for way in range(3)]
    found = [evidence.weigh(reply, recipient) for reply, recipient in refusals]
    assert found == [Finding.UNKNOWN] * 6 + [Finding.US] * 3


def test_a_message_is_to_blame_when_any_other_was_taken_since_it_was_refused_first() -> None:
    evidence = Evidence()
    evidence.taken()
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.UNKNOWN
    evidence.taken()
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.MESSAGE
    assert evidence.weigh(REPLY, "anna@example.com") is Finding.UNKNOWN


def test_what_is_remembered_is_bounded() -> None:
    evidence = Evidence()
    for number in range(10_050):
        evidence.weigh(str(number), str(number))
    evidence.taken()
    assert evidence.weigh("50", "50") is Finding.MESSAGE
    assert evidence.weigh("49", "49") is Finding.UNKNOWN  # forgotten
    assert evidence.weigh("10049", "10049") is Finding.MESSAGE
