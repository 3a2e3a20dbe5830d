"""The hour, weekday and date of a run change the outcome of no test."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TIME_OF_THE_MACHINE = re.compile(
    r"(?<!\w)(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time|time\.time_ns|Clock\(\))(?!\w)"
)

MAY_ASK = {
    # The clock itself.
    "services/clock.py",
    "unit/base/test_clock.py",
    "pipeline/test_clocks.py",
    # Beside a process of its own, which has the time of the machine.
    "cli/test_people.py",
    "cli/test_properties.py",
    "cli/test_replies.py",
    "pipeline/test_digest_races.py",
    "pipeline/test_failures.py",
    "pipeline/test_third_channel.py",
    "refusals/answers.py",
    "refusals/play.py",
    # A library verifies signatures by the time of the machine.
    "channels/conftest.py",
    "pipeline/test_webhooks.py",
    "unit/feedback/webhooks/test_payload.py",
    # Only for ids, and for how long something took.
    "broker/conftest.py",
    "broker/test_embedded.py",
    "broker/test_rabbitmq.py",
}
"""What has to do with the time of the machine."""


def test_no_other_test_asks_the_machine_for_the_time() -> None:
    """`SameDay` of tests/services/clock.py has the time that all others share."""
    ask = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if path.parent != Path(__file__).parent and TIME_OF_THE_MACHINE.search(path.read_text(encoding="utf-8"))
    }

    assert ask == MAY_ASK
