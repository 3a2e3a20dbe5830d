"""When the server is believed that listings are gone."""

import pytest

from property_alert_notification.homes.feeds.rounds import LOOKS, are_held, doubts_after


@pytest.mark.parametrize(
    ("gone", "known", "is_whole", "doubts"),
    [
        (0, 100, True, [0, 0, 0]),
        (50, 100, True, [0, 0, LOOKS]),
        (51, 100, True, [1, 2, LOOKS + 1]),
        (1, 1, True, [1, 2, LOOKS + 1]),
        # A server that has answered little before it failed says nothing of the others.
        (0, 9, False, [0, 1, LOOKS]),
        (4, 9, False, [0, 1, LOOKS]),
        (5, 9, False, [1, 2, LOOKS + 1]),
        (0, 0, False, [0, 1, LOOKS]),
    ],
)
def test_most_listings_are_gone_only_if_each_look_says_so(
    gone: int, known: int, is_whole: bool, doubts: list[int]
) -> None:
    after = [doubts_after(before, gone=gone, known=known, is_whole=is_whole) for before in (0, 1, LOOKS)]

    assert after == doubts


def test_they_stay_until_the_last_look() -> None:
    assert [are_held(doubts) for doubts in (0, 1, LOOKS - 1, LOOKS)] == [False, True, True, False]
