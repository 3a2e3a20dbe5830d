"""Writes down which tests failed in a run, so that scripts/rerun-failed can ask exactly those once more."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failed-to", help="write the names of the tests that failed to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that directs a run knows of all tests."""
    file = config.getoption("failed_to")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(Path(file)), "failures")


class Failures:
    """Collects the failed tests in the process that directs a run, and writes them when nothing else went wrong."""

    def __init__(self, file: Path) -> None:
        """The file is written when the run has ended; it does not exist when a repetition would prove nothing."""
        self._file = file
        self._failed: dict[str, None] = {}
        self._beyond_repeating = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """The tests of a file that cannot be collected are unknown."""
        self._beyond_repeating |= not report.passed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A worker that died counts as a failure of the test it was at; a skipped test stays skipped."""
        if report.failed:
            self._failed[report.nodeid] = None
        self._beyond_repeating |= report.skipped

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """An interrupted run, and an error of pytest, end with another status."""
        if exitstatus == pytest.ExitCode.TESTS_FAILED and not self._beyond_repeating:
            self._file.write_text("".join(f"{test}\n" for test in self._failed))
