"""A page of documentation as a program: its examples, each with the answer that the page shows for it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EXAMPLES = {"sh", "python"}
ANSWERS = {"json", "http"}


class Undocumented(Exception):
    """A page has a block of code that is neither an example nor the answer to one."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code of a page."""

    language: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, or what a page says that it does."""

    status: int | None
    """None when the body alone is shown, which is for success."""
    headers: dict[str, str]
    """Their names are in lower case."""
    body: Any


def read_answer(text: str) -> Answer:
    """The answer in a text: a body, or all of it as `curl -i` prints it."""
    if not text.startswith("HTTP/"):
        return Answer(None, {}, _body(text))
    head, _, body = text.partition("\n\n")
    status, *headers = head.splitlines()
    pairs = (line.split(": ", 1) for line in headers)
    return Answer(int(status.split()[1]), {name.lower(): value for name, value in pairs}, _body(body))


def _body(text: str) -> Any:
    return json.loads(text) if text.strip() else None


@dataclass(frozen=True, slots=True)
class Example:
    """What a reader may type, and what the page says that comes of it."""

    code: Block
    answer: Answer | None
    """None when the page says nothing about it."""


def examples_of(page: Path) -> Iterator[Example]:
    """All examples of a page, in its order; the examples between two answers share the second one.

    Raises:
        Undocumented: some block is neither, or is an answer to nothing.
    """
    waiting: list[Block] = []
    for block in _blocks(page):
        if block.language in EXAMPLES:
            if block.language in {one.language for one in waiting}:
                yield from (Example(one, None) for one in waiting)
                waiting = []
            waiting.append(block)
        elif block.language in ANSWERS and waiting:
            yield from (Example(one, read_answer(block.text)) for one in waiting)
            waiting = []
        else:
            raise Undocumented(f"{page.name}:{block.line}: ```{block.language}")
    yield from (Example(one, None) for one in waiting)


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    found = list(_FENCE.finditer(text))
    # Also those that are indented, or whose fence is longer.
    if 2 * len(found) != text.count("```"):
        raise Undocumented(f"{page.name}: a fence that is not at the beginning of its line")
    for fence in found:
        yield Block(fence[1], fence[2], text.count("\n", 0, fence.start()) + 1)
