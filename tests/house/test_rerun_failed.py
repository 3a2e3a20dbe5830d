"""scripts/rerun-failed, by which `.ci/run` runs the tests, forgives unsteady tests but no test that fails twice."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PASSES = "def test_that_passes():\n    pass\n"
FAILS = "def test_that_fails():\n    assert False\n"
SKIPPED = "def test_that_is_skipped():\n    pytest.skip('not today')\n"
SIX_FAIL = "@pytest.mark.parametrize('number', range(6))\ndef test_that_fails(number):\n    assert False\n"
UNSTEADY = """
@pytest.mark.parametrize("name", ["a b", "c[d]"])
def test_that_is_unsteady(name):
    seen = Path(__file__).with_name(name)
    if not seen.exists():
        seen.touch()
        assert False
"""
KILLS_ITS_WORKER = """
def test_that_kills_its_worker():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def ask(folder: Path, *tests: str, workers: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a file of these tests by the script."""
    imports = "import os\nimport signal\nfrom pathlib import Path\n\nimport pytest\n"
    (folder / "test_file.py").write_text("\n\n".join([imports, *tests]))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p tests.failures -p xdist.plugin -p no:cacheprovider\n")
    return subprocess.run(
        [ROOT / "scripts/rerun-failed", Path(sys.executable).with_name("pytest"), f"--numprocesses={workers}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def named(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the script says about single tests."""
    return re.findall(r"^(?:unsteady|failed again): .*$", done.stdout, re.MULTILINE)


def test_a_run_without_failures_is_not_repeated(tmp_path: Path) -> None:
    done = ask(tmp_path, PASSES)

    assert done.returncode == 0
    assert named(done) == []
    assert "once more" not in done.stdout


def test_tests_that_pass_when_rerun_are_named_and_forgiven(tmp_path: Path) -> None:
    done = ask(tmp_path, PASSES, UNSTEADY, workers=1)

    assert done.returncode == 0, done.stdout + done.stderr
    assert named(done) == [
        "unsteady: test_file.py::test_that_is_unsteady[a b]",
        "unsteady: test_file.py::test_that_is_unsteady[c[d]]",
    ]
    assert re.search(r"^=+ 2 passed in", done.stdout, re.MULTILINE), "only failed tests are rerun"


def test_a_test_that_always_fails_fails_the_run_whatever_else_is_unsteady(tmp_path: Path) -> None:
    done = ask(tmp_path, FAILS, UNSTEADY)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert named(done) == [
        "failed again: test_file.py::test_that_fails",
        "unsteady: test_file.py::test_that_is_unsteady[a b]",
        "unsteady: test_file.py::test_that_is_unsteady[c[d]]",
    ]


def test_a_test_that_kills_its_worker_fails_the_run(tmp_path: Path) -> None:
    done = ask(tmp_path, KILLS_ITS_WORKER, PASSES, workers=1)

    assert done.returncode != 0
    assert "FAILED test_file.py::test_that_kills_its_worker" in done.stdout
    assert "The failed tests could not be rerun." in done.stderr


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        (SIX_FAIL, "8 tests failed, more than 5: none is rerun."),
        (SKIPPED, "Not only tests failed, so none is rerun."),
        ("nonsense", "Not only tests failed, so none is rerun."),
    ],
    ids=["six fail", "one is skipped", "a file cannot be read"],
)
def test_other_failures_are_not_forgiven(test: str, answer: str, tmp_path: Path) -> None:
    done = ask(tmp_path, UNSTEADY, test)

    assert done.returncode != 0
    assert named(done) == []
    assert answer in done.stderr.splitlines()


def test_ci_reruns_failed_tests_of_both_targets() -> None:
    assert "export AGAIN=scripts/rerun-failed\n" in (ROOT / ".ci/run").read_text()
    assert "$(AGAIN) $(BIN)/pytest " in (ROOT / "Makefile").read_text()
    assert '${AGAIN:-} "$venv/bin/pytest" ' in (ROOT / "scripts/test-pythons").read_text()
