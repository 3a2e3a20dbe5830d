"""Whether an answer is the one that a page shows, but for what differs from run to run: ids, cursors, times."""

import re
from collections.abc import Iterator
from typing import Any

from tests.docs.pages import Answer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_CURSOR = re.compile(r"[A-Za-z0-9_-]{23}")
_KEY = re.compile(r"pa_(live|test)_\w{8}")
"""How a key begins."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
_USER = re.compile(r"cli:[\w.-]+")
_SECONDS = re.compile(r"\d{1,5}")

_FROM_NOW_ON = {"next_digest_at"}
"""Fields whose time is computed from that of the call."""

_COUNTING_DOWN = {"retry-after", "ratelimit-reset"}


class Likeness:
    """Learns which real id corresponds to which one of the page; from then on, it has to be that one everywhere."""

    def __init__(self, **known: str) -> None:
        """`known` maps words of the page to real values."""
        self._real: dict[str, str] = dict(known)

    def real(self, text: str) -> str:
        """What a reader would type instead: with the ids that this run brought."""
        for shown, real in self._real.items():
            text = text.replace(shown, real)
        return text

    def differences(self, shown: Answer, real: Answer) -> list[str]:
        """Where the answer is not the one that the page shows, in words; empty when it is."""
        before = dict(self._real)
        found = [*_in_status(shown, real), *_in_headers(shown, real), *self._in_body(shown.body, real.body, "")]
        if found:
            self._real = before
        return found

    def _in_body(self, shown: Any, real: Any, at: str) -> Iterator[str]:
        if isinstance(shown, dict) and isinstance(real, dict) and shown.keys() == real.keys():
            for name, value in shown.items():
                if not (name in _FROM_NOW_ON and _are_times(value, real[name])):
                    yield from self._in_body(value, real[name], f"{at}/{name}")
        elif isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
            for place, value in enumerate(shown):
                yield from self._in_body(value, real[place], f"{at}/{place}")
        elif type(shown) is not type(real) or not (shown == real or self._stands_for(shown, real)):
            yield _difference(at or "body", shown, real)

    def _stands_for(self, shown: object, real: object) -> bool:
        if not (isinstance(shown, str) and isinstance(real, str)):
            return False
        if any(form.fullmatch(shown) and form.fullmatch(real) for form in (_ID, _CURSOR)):
            return self._real.setdefault(shown, real) == real
        if (keys := _KEY.search(shown)) and _KEY.sub(keys[0], shown) == _KEY.sub(keys[0], real):
            return self._real.setdefault(keys[0], _key_in(real)) == _key_in(real)
        # Times of ours have a fraction, on the page always; those that callers name have none, and are what they are.
        is_our_time = "." in shown and _are_times(shown, real)
        return is_our_time or bool(_USER.fullmatch(shown) and _USER.fullmatch(real))


def _are_times(*values: object) -> bool:
    return all(isinstance(value, str) and _TIME.fullmatch(value) for value in values)


def _key_in(text: str) -> str:
    found = _KEY.search(text)
    return found[0] if found else ""


def _in_status(shown: Answer, real: Answer) -> Iterator[str]:
    is_alike = real.status in (None, 200, 201) if shown.status is None else real.status == shown.status
    if not is_alike:
        yield _difference("status", shown.status, real.status)


def _in_headers(shown: Answer, real: Answer) -> Iterator[str]:
    """Only those that the page shows: an answer may have more."""
    for name, value in shown.headers.items():
        actual = real.headers.get(name, "")
        if value != actual and not (name in _COUNTING_DOWN and _SECONDS.fullmatch(actual)):
            yield _difference(name, value, actual)


def _difference(what: str, shown: Any, real: Any) -> str:
    return f"{what}: the page has {shown!r}, the service {real!r}"
