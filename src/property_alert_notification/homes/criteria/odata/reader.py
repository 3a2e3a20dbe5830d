"""Takes the parts of a `$filter` one after the other. Pure."""

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.odata.tokens import Token, fault

DEEPEST = 32
"""How deep parentheses, `not` and `any` may be nested."""


class Reader:
    """Reads the parts from left to right."""

    def __init__(self, tokens: list[Token], field: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._field = field
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    def fault(self, problem: str, token: Token | None = None) -> InvalidField:
        return fault(token or self.token, problem, self._field)

    def why_not_the_end(self) -> str:
        """What is wrong with the part after a whole condition."""
        if self.token.text == ")":
            return "was not expected here: no parenthesis is open"
        if self.token.text == "," and self._tokens[self._at - 1].kind == "number":
            return "was not expected here: a number has digits alone, as 500000"
        return "was not expected here: conditions are joined by and, or"

    def _next(self) -> Token:
        token = self.token
        self._at += token.kind != "end"
        return token

    def _is(self, *words: str) -> bool:
        token = self.token
        return token.kind in ("name", "sign") and token.text.lower() in words

    def _take(self, *words: str) -> Token | None:
        return self._next() if self._is(*words) else None

    def _expect(self, sign: str, problem: str) -> Token:
        if (token := self._take(sign)) is None:
            raise self.fault(problem)
        return token

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fault(f"is nested more than {DEEPEST} deep", token)

    def _leave(self, opened: Token) -> None:
        if self.token.kind == "end":
            raise self.fault("is not closed", opened)
        self._expect(")", self.why_not_the_end())
        self._depth -= 1
