"""Old rows go as fast as they come, and leave most of the time to others until too many wait."""

from datetime import timedelta

import pytest

from property_alert_notification.notification_worker.retention_pace import (
    A_LOT,
    CALM,
    FEWEST,
    FIRST,
    HURRIED,
    LITTLE,
    LONG,
    MOST,
    next_batch,
    pause_after,
)


@pytest.mark.parametrize("rows_per_second", [500, 5_000, 20_000, 1_000_000])
def test_the_batch_size_grows_until_a_batch_takes_its_allowed_time(rows_per_second: float) -> None:
    batch = FIRST
    for _ in range(10):
        batch = next_batch(batch, took=batch / rows_per_second)

    assert batch == max(FEWEST, min(round(rows_per_second * LONG), MOST))


def test_a_batch_shrinks_at_once_and_grows_by_steps() -> None:
    assert next_batch(2_000, took=1.0) == FEWEST
    assert next_batch(FIRST, took=0.0) == 2 * FIRST
    assert next_batch(1_000, took=LONG * 2) == 500


@pytest.mark.parametrize(
    ("lag", "share"),
    [
        (timedelta(), CALM),
        (-timedelta(hours=1), CALM),
        (LITTLE, CALM),
        ((LITTLE + A_LOT) / 2, (CALM + HURRIED) / 2),
        (A_LOT, HURRIED),
        (timedelta(days=90), HURRIED),
    ],
)
def test_the_longer_rows_wait_the_more_of_the_time_is_theirs(lag: timedelta, share: float) -> None:
    assert 1 / (1 + pause_after(1.0, lag=lag)) == pytest.approx(share)
