"""How many connections a server takes, learned from those it refuses."""

from property_alert_notification.channels.smtp.connection_limit import FIRST_PAUSE, LONGEST_PAUSE, ConnectionLimit


def test_all_that_the_settings_allow_until_one_is_refused() -> None:
    limit = ConnectionLimit(8)
    assert limit.at(0) == 8
    limit.refused(2, 0)
    assert limit.at(1) == 2


def test_refusals_of_what_was_begun_at_once_count_as_one() -> None:
    limit = ConnectionLimit(8)
    for _ in range(6):
        limit.refused(2, 0)
    assert (limit.at(FIRST_PAUSE - 0.1), limit.at(FIRST_PAUSE)) == (2, 3)


def test_one_more_is_tried_after_a_pause_that_doubles_while_it_is_refused() -> None:
    limit, now = ConnectionLimit(8), 0.0
    limit.refused(2, now)
    for pause in (5, 10, 20, 40, 80, 160, 300, 300):
        assert (limit.at(now + pause - 0.1), limit.at(now + pause)) == (2, 3)
        now += pause
        limit.refused(2, now)
    assert pause == LONGEST_PAUSE


def test_a_connection_that_is_taken_raises_the_limit_by_one_at_a_time() -> None:
    limit = ConnectionLimit(4)
    limit.refused(1, 0)
    limit.taken(2, 5)
    assert (limit.at(5), limit.at(10)) == (2, 3)
    limit.taken(3, 10)
    limit.taken(4, 15)
    assert limit.at(15) == 4


def test_one_that_is_taken_while_others_are_refused_counts() -> None:
    limit = ConnectionLimit(8)
    limit.refused(1, 0)
    limit.taken(2, 0)
    assert limit.at(1) == 2


def test_one_that_replaces_another_does_not_put_off_the_next_try() -> None:
    limit = ConnectionLimit(8)
    limit.refused(2, 0)
    limit.taken(2, FIRST_PAUSE - 1)
    assert limit.at(FIRST_PAUSE) == 3


def test_nothing_is_known_of_a_server_that_was_down() -> None:
    limit = ConnectionLimit(8)
    limit.refused(2, 0)
    limit.forget()
    assert limit.at(0) == 8
