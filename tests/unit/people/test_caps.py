"""Which messages fit into a cap, on which day, and when the others are sent."""

from datetime import UTC, date, datetime, time
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from property_alert_notification.people.caps.rules import Capped, Fits, OverCap, Reached, Use, place
from property_alert_notification.people.preferences.rules import Cap, DigestTimes

BERLIN = (ZoneInfo("Europe/Berlin"),)
NOW = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # 23:30 on a Wednesday
TODAY = date(2026, 11, 25)


def message(number: int, cap: Cap, *, is_digest: bool = False) -> Capped:
    return Capped(UUID(int=number), (1, False), cap, BERLIN, None, is_digest)


def uses(*days: date, first: int = 100) -> list[Use]:
    return [Use(UUID(int=first + number), day) for number, day in enumerate(days)]


def over(period: str, count: int, day: int, *, reserved: bool = False) -> OverCap:
    """With a cap that is just reached, until a day."""
    at = datetime(2026, 11, day, 8, tzinfo=BERLIN[0])
    return OverCap(Reached(period, count, count), at.astimezone(UTC), at.date() if reserved else None)


def test_as_many_fit_as_the_cap_says() -> None:
    found = place([message(n, Cap(day=2)) for n in range(3)], uses(TODAY), NOW)
    assert found == {UUID(int=0): Fits(TODAY), UUID(int=1): over("day", 2, 26), UUID(int=2): over("day", 2, 26)}


def test_a_week_is_from_monday_and_the_excess_waits_for_the_next_one() -> None:
    earlier = uses(date(2026, 11, 22), date(2026, 11, 23), TODAY)  # the first is a Sunday
    found = place([message(n, Cap(week=3)) for n in range(2)], earlier, NOW)
    assert found == {UUID(int=0): Fits(TODAY), UUID(int=1): over("week", 3, 30)}


def test_one_that_counts_already_keeps_its_place() -> None:
    earlier = [Use(UUID(int=5), TODAY)]
    found = place([message(4, Cap(day=1)), message(5, Cap(day=1))], earlier, NOW)
    assert found == {UUID(int=5): Fits(TODAY), UUID(int=4): over("day", 1, 26)}


def test_digests_that_do_not_fit_get_places_of_their_own() -> None:
    digests = [message(n, Cap(day=1), is_digest=True) for n in range(2)]
    found = place(digests, uses(TODAY, date(2026, 11, 27)), NOW)
    assert found == {UUID(int=0): over("day", 1, 26, reserved=True), UUID(int=1): over("day", 1, 28, reserved=True)}
    kept = [Use(UUID(int=0), date(2026, 11, 26))]
    tomorrow = datetime(2026, 11, 26, 7, tzinfo=UTC)
    both = [message(9, Cap(day=1)), message(0, Cap(day=1), is_digest=True)]
    assert place(both, kept, tomorrow)[UUID(int=0)] == Fits(date(2026, 11, 26))


def test_a_digest_gets_no_place_that_another_keeps() -> None:
    kept = [Use(UUID(int=1), date(2026, 11, 26)), Use(UUID(int=2), TODAY)]
    found = place([message(n, Cap(day=1), is_digest=True) for n in (1, 2)], kept, NOW)
    assert found == {UUID(int=1): over("day", 1, 26, reserved=True), UUID(int=2): Fits(TODAY)}


def test_messages_that_are_claimed_together_are_placed_as_if_one_came_after_the_other() -> None:
    random = Random(5)
    for _ in range(300):
        cap = Cap(day=random.choice([None, 1, 2]), week=random.choice([None, 2, 3]))
        counted = {UUID(int=n): date(2026, 11, random.randrange(23, 29)) for n in random.sample(range(12), 5)}
        claimed = [message(n, cap, is_digest=random.random() < 0.5) for n in random.sample(range(12), 3)]
        together = place(claimed, [Use(*one) for one in counted.items()], NOW)
        for one in sorted(claimed, key=lambda one: one.delivery_id):
            [found] = place([one], [Use(*use) for use in counted.items()], NOW).values()
            assert found == together[one.delivery_id]
            counted.pop(one.delivery_id, None)
            if (day := found.day if isinstance(found, Fits) else found.reserved) is not None:
                counted[one.delivery_id] = day


def test_a_day_ends_at_midnight_of_the_user() -> None:
    after_midnight = datetime(2026, 11, 25, 23, 5, tzinfo=UTC)
    assert place([message(1, Cap(day=1))], uses(TODAY), after_midnight) == {UUID(int=1): Fits(date(2026, 11, 26))}


def test_no_sequence_of_messages_exceeds_a_cap() -> None:
    random = Random(11)
    for _ in range(200):
        cap = Cap(day=random.choice([None, 1, 2, 3]), week=random.choice([None, 2, 5]))
        counted: dict[UUID, date] = {}
        for number in range(30):
            now = datetime(2026, 11, 23 + number // 6, 1 + number % 6 * 4, tzinfo=UTC)
            asked = [message(random.randrange(40), cap, is_digest=random.random() < 0.2) for _ in range(2)]
            for delivery, found in place(asked, [Use(*one) for one in counted.items()], now).items():
                day = found.day if isinstance(found, Fits) else found.reserved
                if day is not None:
                    counted[delivery] = day
                else:
                    counted.pop(delivery, None)  # what is collected does not count
        days = list(counted.values())
        assert cap.day is None or all(days.count(day) <= cap.day for day in days)
        weeks = [day.isocalendar()[:2] for day in days]
        assert cap.week is None or all(weeks.count(week) <= cap.week for week in weeks)


def test_each_message_counts_once_and_a_week_ends_on_sunday() -> None:
    found = place([message(n, Cap(day=3)) for n in range(3)], [], NOW)
    assert set(found.values()) == {Fits(TODAY)}
    next_monday = place([message(1, Cap(week=1))], uses(date(2026, 11, 30)), NOW)
    assert next_monday == {UUID(int=1): Fits(TODAY)}
    digests = place([message(n, Cap(week=2), is_digest=True) for n in range(4)], uses(TODAY, TODAY), NOW)
    assert [one.reserved for one in digests.values() if isinstance(one, OverCap)] == [
        *[date(2026, 11, 30)] * 2,
        *[date(2026, 12, 7)] * 2,
    ]


def test_a_place_is_at_the_digest_time_of_the_user() -> None:
    early = message(1, Cap(day=1))._replace(digest=DigestTimes(at=time(6, 30)))
    [found] = place([early], uses(TODAY), NOW).values()
    assert isinstance(found, OverCap)
    assert found.until == datetime(2026, 11, 26, 5, 30, tzinfo=UTC)
