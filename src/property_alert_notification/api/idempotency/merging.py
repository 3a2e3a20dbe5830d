"""Calls that are carried out together, some of which have the same key. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.stored import Answer, Stored, repeat
from property_alert_notification.base.errors import AnswerLost, KeyReused


class KeyedCalls:
    """Which of these calls are carried out, and which are answered as an earlier one with the same key."""

    def __init__(self, keys: Sequence[CallKey | None], answer: Callable[[int], str | None]) -> None:
        """`answer` is what the call in a place is answered if it is carried out; None when it is refused."""
        self.repeated: dict[int, Answer | KeyReused | AnswerLost] = {}
        """By place, the answer of the earlier call, or why there is none: such a call must change nothing."""
        self._calls: dict[tuple[str, str], list[tuple[int, CallKey]]] = {}
        for place, key in enumerate(keys):
            if key is not None:
                self._calls.setdefault((key.owner, key.key), []).append((place, key))
        self._firsts = dict(self._first_successes(answer))
        self._repeat_firsts()

    def refused_keys(self) -> list[CallKey]:
        """Keys whose calls are all refused now; an earlier call may have been carried out."""
        return [same[0][1] for name, same in self._calls.items() if name not in self._firsts]

    def new_answers(self) -> list[Stored]:
        """By key, the answer to the first call that is not refused: no other is kept."""
        return [stored for _, stored in self._firsts.values()]

    def repeat(self, known: Iterable[Stored]) -> None:
        """Another call came first with these keys: all calls that have them are answered as that one was."""
        for one in known:
            for place, key in self._calls[one.key.owner, one.key.key]:
                self._repeat(one, place, key)

    def _first_successes(
        self, answer: Callable[[int], str | None]
    ) -> Iterator[tuple[tuple[str, str], tuple[int, Stored]]]:
        for name, same in self._calls.items():
            for place, key in same:
                if (text := answer(place)) is not None:
                    yield name, (place, Stored(key, Answer(200, text)))
                    break

    def _repeat_firsts(self) -> None:
        """The same key may come twice at the same time."""
        for name, (first, stored) in self._firsts.items():
            for place, key in self._calls[name]:
                if place != first:
                    self._repeat(stored, place, key)

    def _repeat(self, known: Stored, place: int, key: CallKey) -> None:
        try:
            self.repeated[place] = repeat(known, key)
        except (KeyReused, AnswerLost) as fault:
            self.repeated[place] = fault
