"""The order in which several workers run the tests."""

import pytest

from tests.order import spread


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_each_worker_begins_with_its_share_of_the_long_tests(workers: int) -> None:
    tests = list(range(100))
    long = {7, 40, 41, 42, 99}

    ordered = spread(tests, [test in long for test in tests], workers)

    assert sorted(ordered) == tests
    parts = [ordered[100 * worker // workers : 100 * (worker + 1) // workers] for worker in range(workers)]
    shares = [[test for test in part if test in long] for part in parts]
    assert [part[: len(share)] for part, share in zip(parts, shares, strict=True)] == shares
    assert {len(share) for share in shares} <= {5 // workers, -(-5 // workers)}
    others = [test for test in ordered if test not in long]
    assert others == sorted(others)


def test_more_long_tests_than_others_are_all_run() -> None:
    assert sorted(spread([1, 2, 3], [True, True, True], 2)) == [1, 2, 3]
    assert spread([], [], 4) == []
