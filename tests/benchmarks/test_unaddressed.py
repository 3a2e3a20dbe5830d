"""The benchmark of notifications without addresses runs from end to end: all are accepted, and all arrive."""

import pytest

from benchmarks import unaddressed


async def test_all_are_accepted_while_the_user_service_is_in_trouble_and_arrive_afterwards(
    capfd: pytest.CaptureFixture[str],
) -> None:
    await unaddressed.measure(0.05, store_timeout=30)

    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(unaddressed.TROUBLES)
    assert all("accepted     50 of     50" in line for line in lines)
