"""Parses a `$filter` into an expression. Numbers have no currency and no unit yet: `units.py` gives them. Pure."""

from collections.abc import Callable
from typing import TypeVar

from property_alert_notification.homes.criteria.evaluate import COORDINATES
from property_alert_notification.homes.criteria.expression import And, Compare, Expression, IsMissing, Not, Or, Within
from property_alert_notification.homes.criteria.known_fields import Kind, kind_of
from property_alert_notification.homes.criteria.odata import compare
from property_alert_notification.homes.criteria.odata.advice import FUNCTIONS, about_function, about_value
from property_alert_notification.homes.criteria.odata.compare import LITERALS, Operand
from property_alert_notification.homes.criteria.odata.geography import circle_of, polygons_of
from property_alert_notification.homes.criteria.odata.reader import Reader
from property_alert_notification.homes.criteria.odata.tokens import Token, tokens_of

_OPERATORS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_CONNECTIVES = frozenset({"and", "or", "not", "in", "has", *_OPERATORS})
_TEXT_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
_NOT_CLOSED = "was not expected here: the arguments of a function end with a parenthesis"
_CONSTANTS = ("null", "true", "false")
_GLUED = tuple(f"{word}'" for word in sorted(_CONNECTIVES))
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}

_Read = TypeVar("_Read")


def parse(filter_: str, field: str) -> Expression:
    """The expression of a filter.

    Raises:
        InvalidField: a part is not understood; the error names it and its column.
    """
    parser = _Parser(tokens_of(filter_, field), field)
    expression = parser.any_of()
    if parser.token.kind != "end":
        raise parser.fault(parser.why_not_the_end())
    return expression


class _Parser(Reader):
    """Reads the conditions."""

    def __init__(self, tokens: list[Token], field: str) -> None:
        super().__init__(tokens, field)
        self._variable: tuple[str, Operand] | None = None
        """Within `any`: the name for one value, and the field that has it."""

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
            self._leave(token)
            return found
        if self._variable:
            raise self.fault("cannot be used inside any(…): write it before the field", token)
        found = Not(self._unary())
        self._depth -= 1
        return found

    def _condition(self) -> Expression:
        if self.token.kind in LITERALS or self._is(*_CONSTANTS):
            return self._mirrored()
        if (test := self._test()) is not None:
            operator = self._take("eq", "ne")
            return test if operator is None else self._as_truth(test, operator.text, self._next())
        if self._is_call("geo.distance"):
            place, operator = self._call(self._point), self._next()
            return self._distance(place, operator, operator.text, self._next())
        operand = self._operand()
        if self._take("/"):
            return self._any_value(operand)
        return self._compared(operand)

    def _mirrored(self) -> Expression:
        """A condition that begins with its value: `3 le BedroomsTotal`."""
        literal, operator = self._next(), self._take(*_OPERATORS)
        if operator is None and (self.token.kind == "end" or self._is(")", "and", "or")):
            raise self.fault("is a value alone: compare it with a field", literal)
        if operator is None:
            raise self.fault("must be an operator: eq, ne, gt, ge, lt or le")
        word = operator.text.lower()
        word = _MIRRORED.get(word, word)
        if (test := self._test()) is not None:
            return self._as_truth(test, word, literal)
        if self._is_call("geo.distance"):
            return self._distance(self._call(self._point), operator, word, literal)
        operand = self._operand()
        return self._understood(lambda token: compare.compare(operand, word, token), literal)

    def _is_call(self, *functions: str) -> bool:
        return self.token.kind == "name" and self._is(*functions) and self._tokens[self._at + 1].text == "("

    def _test(self) -> Expression | None:
        """A function that is true or false, if there is one."""
        if self._is_call(*_TEXT_FUNCTIONS):
            name = self.token.text.lower()
            return self._call(lambda: self._text_test(name))
        return self._call(self._intersects) if self._is_call("geo.intersects") else None

    def _call(self, read: Callable[[], _Read]) -> _Read:
        self._at += 2
        opened = self._tokens[self._at - 1]
        found = read()
        if self.token.kind == "end":
            raise self.fault("is not closed", opened)
        self._expect(")", _NOT_CLOSED)
        return found

    def _as_truth(self, test: Expression, operator: str, truth: Token) -> Expression:
        """A test that is compared with true or false."""
        if truth.kind != "name" or truth.text.lower() not in ("true", "false") or operator.lower() not in ("eq", "ne"):
            raise self.fault("must be true or false, by eq or ne", truth)
        return test if (operator.lower() == "eq") == (truth.text.lower() == "true") else Not(test)

    def _operand(self) -> Operand:
        """A field, or a field in small or capital letters."""
        token = self._next()
        if token.kind != "name" or token.text.lower() in _CONNECTIVES:
            raise self.fault("was not expected here: a condition begins with a field or a function", token)
        if self.token.text == "(":
            if token.text.lower() not in ("tolower", "toupper"):
                raise self.fault(about_function(token.text), token)
            opened = self._next()
            self._enter(opened)
            operand = self._operand()
            self._leave(opened)
            return operand.in_any_case()
        if token.text.lower() in FUNCTIONS:
            raise self.fault("needs parentheses: it is a function", token)
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
        if self._is(*_CONSTANTS) or self.token.kind in LITERALS:
            return self._next()
        if self._take("tolower", "toupper"):
            opened = self._expect("(", "was not expected here: the function needs a text in parentheses")
            self._enter(opened)
            token = self._literal()
            self._leave(opened)
            return token
        if self.token.kind == "name":
            raise self.fault(about_value(self.token.text))
        raise self.fault("must be a value: a number, a text in single quotes, a date, true, false or null")

    def _compared(self, operand: Operand) -> Expression:
        if self.token.kind == "end" or self._is(")", "and", "or"):
            if operand.kind is Kind.SWITCH:
                return Compare(operand.field, "eq", True)
            raise self.fault(f"was not expected here: {operand.token.text} needs an operator and a value")
        operator = self._next()
        if operator.kind == "typed" and operator.text.lower().startswith(_GLUED):
            raise self.fault("needs a blank before the quote", operator)
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

    def _in_list(self, operand: Operand, operator: Token) -> Expression:
        opened = self._expect("(", "must be a list in parentheses: ('Seattle','Bellevue')")
        literals = [self._literal()]
        while self._take(","):
            literals.append(self._literal())
        if self.token.kind == "end":
            raise self.fault("is not closed", opened)
        self._expect(")", "was not expected here: a list has commas between its values, and ends with a parenthesis")
        parts = [self._understood(lambda token: compare.compare(operand, "eq", token), one) for one in literals]
        return compare.joined(parts)

    def _text_test(self, name: str) -> Expression:
        if self.token.kind in LITERALS:
            raise self.fault(f"was not expected here: write the field first, as {name}(City,'text')")
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
        opened = self._expect("(", "needs parentheses: any(x: x eq 'Dishwasher')")
        if self._take(")"):
            return Not(IsMissing(operand.field))
        variable = self._next()
        if variable.kind != "name" or not self._take(":"):
            raise self.fault("must be a name and a colon: any(x: x eq 'Dishwasher')", variable)
        self._enter(variable)
        self._variable = variable.text, operand.one_value()
        found = self.any_of()
        self._variable = None
        self._leave(opened)
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

    def _point(self) -> Token:
        """The point of `geo.distance`, whichever of its arguments comes first."""
        if self.token.kind == "typed":
            place = self._place()
            self._expect(",", "was not expected here: the function needs a point and Coordinates")
            self._coordinates()
            return place
        self._coordinates()
        self._expect(",", "was not expected here: the function needs Coordinates and a point")
        return self._place()

    def _distance(self, place: Token, operator: Token, word: str, radius: Token) -> Expression:
        word = word.lower()
        if operator.kind != "name" or word not in ("le", "lt"):
            raise self.fault("must be le: a distance is at most so many metres; not (…) turns it round", operator)
        if radius.kind != "number" or not isinstance(radius.value, int | float) or radius.value <= 0:
            raise self.fault("must be a number of metres, more than 0", radius)
        metres = compare.below(radius.value) if word == "lt" else radius.value
        return self._understood(lambda token: Within(circle_of(str(token.value), metres)), place)
