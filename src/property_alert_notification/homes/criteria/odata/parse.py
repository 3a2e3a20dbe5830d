"""Parses a `$filter` into an expression. Numbers have no currency and no unit yet: `units.py` gives them. Pure."""

from collections.abc import Callable

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.evaluate import COORDINATES
from property_alert_notification.homes.criteria.expression import And, Expression, IsMissing, Not, Or, Within
from property_alert_notification.homes.criteria.known_fields import Kind, kind_of
from property_alert_notification.homes.criteria.odata import compare
from property_alert_notification.homes.criteria.odata.compare import LITERALS, Operand
from property_alert_notification.homes.criteria.odata.geography import circle_of, polygons_of
from property_alert_notification.homes.criteria.odata.tokens import Token, fault, tokens_of

DEEPEST = 32
"""How deep parentheses, `not` and `any` may be nested."""

_OPERATORS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_CONNECTIVES = frozenset({"and", "or", "not", "in", "has", *_OPERATORS})
_TEXT_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
_NOT_CLOSED = "was not expected here: the arguments of a function end with a parenthesis"
_KNOWN_FUNCTIONS = "contains, startswith, endswith, tolower, toupper, geo.distance and geo.intersects"


def parse(filter_: str, field: str) -> Expression:
    """The expression of a filter.

    Raises:
        InvalidField: a part is not understood; the error names it and its column.
    """
    parser = _Parser(tokens_of(filter_, field), field)
    expression = parser.any_of()
    if parser.token.kind != "end":
        raise parser.fault("was not expected here: conditions are joined by and, or")
    return expression


class _Parser:
    """Reads the parts from left to right."""

    def __init__(self, tokens: list[Token], field: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._field = field
        self._depth = 0
        self._variable: tuple[str, Operand] | None = None
        """Within `any`: the name for one value, and the field that has it."""

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    def fault(self, problem: str, token: Token | None = None) -> InvalidField:
        return fault(token or self.token, problem, self._field)

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

    def any_of(self) -> Expression:
        parts = [self._all_of()]
        while self._take("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Expression:
        parts = [self._unary()]
        while self._is("and"):
            if self._variable:
                raise self.fault("cannot be used inside any(…): write two any(…), joined by and")
            self._next()
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _unary(self) -> Expression:
        if not self._is("not", "("):
            return self._condition()
        token = self._next()
        self._enter(token)
        if token.text == "(":
            found = self.any_of()
            self._leave()
            return found
        if self._variable:
            raise self.fault("cannot be used inside any(…): write it before the field", token)
        found = Not(self._unary())
        self._depth -= 1
        return found

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fault(f"is nested more than {DEEPEST} deep", token)

    def _leave(self) -> None:
        self._expect(")", "was not expected here: a parenthesis is not closed")
        self._depth -= 1

    def _condition(self) -> Expression:
        token = self.token
        if token.kind == "name" and token.text.lower() not in _CONNECTIVES and self._tokens[self._at + 1].text == "(":
            name = token.text.lower()
            if name in _TEXT_FUNCTIONS:
                return self._against_truth(self._call(lambda: self._text_test(name)))
            if name == "geo.intersects":
                return self._against_truth(self._call(self._intersects))
            if name == "geo.distance":
                return self._distance()
        if token.kind in LITERALS:
            return self._flipped()
        operand = self._operand()
        if self._take("/"):
            return self._any_value(operand)
        return self._compared(operand)

    def _call(self, read: Callable[[], Expression]) -> Expression:
        self._at += 2
        found = read()
        self._expect(")", _NOT_CLOSED)
        return found

    def _against_truth(self, test: Expression) -> Expression:
        """A test as it is, or compared with true or false."""
        operator = self._take("eq", "ne")
        if operator is None:
            return test
        truth = self._take("true", "false")
        if truth is None:
            raise self.fault("must be true or false")
        return test if (operator.text.lower() == "eq") == (truth.text.lower() == "true") else Not(test)

    def _operand(self) -> Operand:
        """A field, or a field in small or capital letters."""
        token = self._next()
        if token.kind != "name" or token.text.lower() in _CONNECTIVES:
            raise self.fault("was not expected here: a condition begins with a field or a function", token)
        if self.token.text == "(":
            if token.text.lower() not in ("tolower", "toupper"):
                raise self.fault(f"is no function that is understood here: these are {_KNOWN_FUNCTIONS}", token)
            self._enter(self._next())
            operand = self._operand()
            self._leave()
            return operand.in_any_case()
        return self._field_of(token)

    def _field_of(self, token: Token) -> Operand:
        if self._variable is not None:
            name, operand = self._variable
            if token.text != name:
                raise self.fault(f"cannot be used inside any(…): its conditions are about {name}", token)
            return operand
        try:
            return Operand(token.text, kind_of(token.text), token)
        except ValueError as problem:
            raise self.fault(str(problem), token) from None

    def _literal(self) -> Token:
        if self._is("null", "true", "false") or self.token.kind in LITERALS:
            return self._next()
        if self._take("tolower", "toupper"):
            self._enter(self._expect("(", "was not expected here: the function needs a text in parentheses"))
            token = self._literal()
            self._leave()
            return token
        raise self.fault("must be a value: a number, a text in single quotes, a date, true, false or null")

    def _compared(self, operand: Operand) -> Expression:
        operator = self._next()
        match operator.text.lower() if operator.kind == "name" else "":
            case "in":
                return self._in_list(operand, operator)
            case "has":
                return self._understood(lambda token: compare.has(operand, token), self._literal())
            case word if word in _OPERATORS:
                literal = self._literal()
                return self._understood(lambda token: compare.compare(operand, word, token), literal)
        raise self.fault("is no operator: these are eq, ne, gt, ge, lt, le, in and has", operator)

    def _understood(self, read: Callable[[Token], Expression], token: Token) -> Expression:
        try:
            return read(token)
        except ValueError as problem:
            raise self.fault(str(problem), token) from None

    def _flipped(self) -> Expression:
        """A condition that begins with its value: `3 le BedroomsTotal`."""
        literal, operator = self._next(), self._take(*_OPERATORS)
        if operator is None:
            raise self.fault("must be an operator: eq, ne, gt, ge, lt or le")
        word = operator.text.lower()
        word = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}.get(word, word)
        operand = self._operand()
        return self._understood(lambda token: compare.compare(operand, word, token), literal)

    def _in_list(self, operand: Operand, operator: Token) -> Expression:
        self._expect("(", "must be a list in parentheses: ('Seattle','Bellevue')")
        literals = [self._literal()]
        while self._take(","):
            literals.append(self._literal())
        self._expect(")", "was not expected here: a list has commas between its values, and ends with a parenthesis")
        parts = [self._understood(lambda token: compare.compare(operand, "eq", token), one) for one in literals]
        return compare.joined(parts)

    def _text_test(self, name: str) -> Expression:
        operand = self._operand()
        self._expect(",", "was not expected here: the function needs a field and a text")
        literal = self._literal()
        return self._understood(lambda token: compare.text_test(operand, name, token), literal)

    def _any_value(self, operand: Operand) -> Expression:
        name = self._take("any")
        if name is None:
            raise self.fault("cannot be read: only any(…) may follow a field")
        if operand.kind not in (Kind.SEVERAL, Kind.LOCAL) or self._variable:
            raise self.fault("is for fields with several values", name)
        self._expect("(", "needs parentheses: any(x: x eq 'Dishwasher')")
        if self._take(")"):
            return Not(IsMissing(operand.field))
        variable = self._next()
        if variable.kind != "name" or not self._take(":"):
            raise self.fault("must be a name and a colon: any(x: x eq 'Dishwasher')", variable)
        self._enter(variable)
        self._variable = variable.text, operand.one_value()
        found = self.any_of()
        self._variable = None
        self._leave()
        return found

    def _coordinates(self) -> None:
        if self._take(COORDINATES.lower()) is None:
            raise self.fault("must be Coordinates")

    def _place(self) -> Token:
        token = self._next()
        if token.kind != "typed" or not token.text.lower().startswith("geography'"):
            raise self.fault("must be a place, such as geography'POINT(-122.33 47.6)'", token)
        return token

    def _intersects(self) -> Expression:
        self._coordinates()
        self._expect(",", "was not expected here: the function needs Coordinates and a polygon")
        return self._understood(lambda token: Within(polygons_of(str(token.value))), self._place())

    def _distance(self) -> Expression:
        self._at += 1
        self._expect("(", "needs parentheses")
        self._coordinates()
        self._expect(",", "was not expected here: the function needs Coordinates and a point")
        place = self._place()
        self._expect(")", _NOT_CLOSED)
        operator = self._take("le", "lt")
        if operator is None:
            raise self.fault("must be le: a distance is at most so many metres; not (…) turns it round")
        radius = self._next()
        if radius.kind != "number" or not isinstance(radius.value, int | float) or radius.value <= 0:
            raise self.fault("must be a number of metres, more than 0", radius)
        metres = compare.below(radius.value) if operator.text.lower() == "lt" else radius.value
        return self._understood(lambda token: Within(circle_of(str(token.value), metres)), place)
