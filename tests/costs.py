"""Says at the end of a run what each suite cost: its tests, their seconds, and the CPU seconds of all processes."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest

from tests.services.prepared import Account
from tests.services.shared import cpu_seconds


@dataclass
class Cost:
    """Of one suite; seconds of several workers add up."""

    tests: int = 0
    wall: float = 0.0
    cpu: float = 0.0


class Costs:
    """Measures in each worker what a test's steps cost, and adds it up in the process that directs them."""

    def __init__(self, *, dearest: int = 0) -> None:
        """With `dearest` so many single tests are listed too."""
        self._suites: defaultdict[str, Cost] = defaultdict(Cost)
        self._tests: Counter[str] = Counter()
        self._dearest = dearest
        self._seen = 0.0
        self._account = Account()

    def pytest_collection_finish(self) -> None:
        """What came before the first test is no test's cost."""
        self._seen = cpu_seconds() + self._account.spent_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self):
        """Attach to each report what was used since the last one; a child process counts when it has ended."""
        report = yield
        now = cpu_seconds() + self._account.spent_seconds()
        report.cpu, self._seen = now - self._seen, now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        suite = self._suites[suite_of(report.nodeid)]
        suite.tests += report.when == "call"
        suite.wall += report.duration
        # The report about a worker that died is made elsewhere.
        cpu = getattr(report, "cpu", 0.0)
        suite.cpu += cpu
        self._tests[report.nodeid] += cpu

    def table(self, others: dict[str, float]) -> list[str]:
        """A line for each suite, the dearest first, then one for each of the others, then the sum."""
        if not self._suites:
            return []
        lines = [f"{cpu:8.2f} CPU seconds  {test}" for test, cpu in self._tests.most_common(self._dearest)]
        lines.append(f"{'suite':<24}{'tests':>7}{'seconds':>10}{'CPU seconds':>13}")
        for name, cost in sorted(self._suites.items(), key=lambda item: -item[1].cpu):
            lines.append(f"{name:<24}{cost.tests:>7}{cost.wall:>10.1f}{cost.cpu:>13.1f}")
        total = cpu_seconds()
        rest = total - sum(cost.cpu for cost in self._suites.values()) - sum(others.values())
        for name, cpu in {**others, "start and collection": max(rest, 0.0)}.items():
            lines.append(f"{name:<24}{'':>17}{cpu:>13.1f}")
        return [*lines, f"{'all':<24}{sum(cost.tests for cost in self._suites.values()):>7}{'':>10}{total:>13.1f}"]


def suite_of(nodeid: str) -> str:
    """The folder in `tests` that a test is in."""
    folder = nodeid.partition("::")[0].rpartition("/")[0]
    return folder.removeprefix("tests/").partition("/")[0] or "tests"
