"""docs/api.md and docs/access.md do what they say: every example is executed, every answer compared."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Running, run, running_dev
from tests.docs.likeness import Likeness
from tests.docs.pages import Answer, Example, examples_of, read_answer
from tests.services.callers import a_blocking_caller
from tests.services.prepared import ACCOUNT, WISH
from tests.services.process import PATIENCE
from tests.services.program import ROOT, environment

API_PAGE, ACCESS_PAGE = ROOT / "docs/api.md", ROOT / "docs/access.md"

A_MOMENT = 40.0
"""Seconds after which what the page says has come about, at the latest: a worker is at work."""

_ONLY_ASKS = re.compile(r"api\.get\(|\bcurl (?!.*(?: -X | --json ))", re.DOTALL)
_COUNTED = re.compile(r'property_alerts_http_requests_total\{method="(\w+)",route="(/api/v1/[^"]*)",\S+ (\S+)')


class Reader:
    """Executes one example after the other in one shell and one Python."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Any] = {}
        prepared = {name: os.environ[name] for name in (WISH, ACCOUNT)}
        self._variables = environment() | prepared | {"PATH": f"{_with_our_command(folder)}:{os.environ['PATH']}"}

    def execute(self, language: str, code: str) -> Answer | None:
        """Execute an example; returns the answer that it got, if it made a call."""
        if language == "python":
            return self._in_python(code)
        printed = self._in_shell(code)
        return read_answer(printed) if "curl" in code and printed else None

    def close(self) -> None:
        """Close the client that the page opened."""
        if "api" in self._names:
            self._names["api"].close()

    def _in_shell(self, code: str) -> str:
        left = self._folder / "variables"
        done = subprocess.run(
            ["/bin/sh", "-euc", f"{code}\nenv -0 > {left}"],
            cwd=self._folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self._variables = dict(line.split("=", 1) for line in left.read_text().split("\0") if line)
        return done.stdout

    def _in_python(self, code: str) -> Answer | None:
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - set(self._variables):
                patch.delenv(name)
            for name, value in self._variables.items():
                patch.setenv(name, value)
            exec(compile(code, "example", "exec"), self._names)
        answer = self._names.pop("answer", None)
        if answer is None:
            return None
        return Answer(answer.status_code, dict(answer.headers), answer.json() if answer.content else None)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """What `make run` starts."""
    with running_dev(tmp_path) as started:
        yield started


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A shell in the folder of the service."""
    reader = Reader(tmp_path)
    yield reader
    reader.close()


def test_every_example_gets_the_answer_that_the_page_shows(service: Running, reader: Reader) -> None:
    likeness = Likeness(**{"http://127.0.0.1:8000": service.url})
    tried = {"sh": Counter[str](), "python": Counter[str]()}
    before = _calls(service.url)

    for example in examples_of(API_PAGE):
        differences = _differences(reader, example, likeness)
        assert differences == [], f"line {example.code.line}\n" + "\n".join(differences)
        after = _calls(service.url)
        tried[example.code.language] += after - before
        before = after

    assert {language: set(calls) for language, calls in tried.items()} == dict.fromkeys(tried, _operations(service.url))


def test_the_commands_of_the_access_page_work(tmp_path: Path, reader: Reader) -> None:
    run(tmp_path, "migrate")
    examples = list(examples_of(ACCESS_PAGE))

    answers = [reader.execute(example.code.language, example.code.text) for example in examples]

    assert examples
    assert answers == [example.answer for example in examples]


def _differences(reader: Reader, example: Example, likeness: Likeness) -> list[str]:
    """Execute an example, again and again if it only asks, until it gets what the page shows."""
    code, deadline = likeness.real(example.code.text), time.monotonic() + A_MOMENT
    while True:
        answer = reader.execute(example.code.language, code)
        if answer is None or example.answer is None:
            return [] if answer is example.answer else [f"the page has {example.answer}, the service {answer}"]
        differences = likeness.differences(example.answer, answer)
        if not differences or not _ONLY_ASKS.search(code) or time.monotonic() > deadline:
            return differences
        time.sleep(0.05)


def _calls(url: str) -> Counter[str]:
    """How often each operation was called, as the service counts it."""
    counted: Counter[str] = Counter()
    with a_blocking_caller(url) as caller:
        figures = caller.get("/metrics").text
    for method, route, times in _COUNTED.findall(figures):
        counted[f"{method} {route.rstrip('/')}"] += int(float(times))
    return counted


def _operations(url: str) -> set[str]:
    """Every operation of the API, as its document has it."""
    with a_blocking_caller(url) as caller:
        paths = caller.get("/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {path.rstrip('/')}"
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/v1/")
    }


def _with_our_command(folder: Path) -> Path:
    """A folder with `property-alerts` in it, whether or not the package is installed: a prepared process."""
    programs = folder / "programs"
    programs.mkdir()
    command = programs / "property-alerts"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.services.our_command "$@"\n')
    command.chmod(0o755)
    return programs
