"""What happened in the two weeks, as a table."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.scenario.play import Play


def table(play: Play) -> str:
    """Counts by state and reason; the last line is what matters."""
    return "\n".join(f"{count:9,}  {what}" for what, count in rows(play))


def rows(play: Play) -> Iterator[tuple[str, int]]:
    """What happened, and how often."""
    happened, items = play.comparison.happened, list(play.expected.deliveries.items.values())
    yield "notifications accepted", play.accepted
    yield "messages that providers took", play.comparison.messages
    digests = [item for item in items if item.category == "digest"]
    yield "of them urgent, in quiet hours", play.expected.deliveries.disturbing
    yield "of them digests", sum(item.state == "sent" for item in digests)
    yield "deliveries in digests", sum(len(item.carries) for item in digests)
    for state in ("held", "collected"):
        yield from _by_code(state, {code: count for (its, code), count in _split(happened) if its == state})
    ends = Counter((item.state, item.code) for item in items)
    for state in ("sent", "suppressed", "failed", "expired", "cancelled"):
        yield from _by_code(state, {code: count for (its, code), count in ends.items() if its == state})
    yield "waited for the User service", len(play.expected.waited)
    yield (
        "still open at the end",
        sum(item.state in ("held", "collected", "queued", "sending", "unknown") for item in items),
    )
    yield "questions to the User service", play.asked
    yield "workers killed", play.kills
    yield "moments", play.steps
    yield "differences", len(play.problems)


def _split(happened: Counter[str]) -> Iterable[tuple[tuple[str, str], int]]:
    for what, count in happened.items():
        state, _, code = what.partition(" ")
        yield (state, code), count


def _by_code(state: str, counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    for code, count in sorted(counts.items(), key=lambda one: -one[1]):
        yield f"{state}: {code}" if code != state else state, count
