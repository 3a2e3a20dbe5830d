"""What makes two calls the same call."""

from typing import Any

import pytest

from property_alert_notification.api.idempotency.keys import CallKey, call_key, in_one_form, only_one
from property_alert_notification.base.errors import InvalidField


def _key(key: str, body: bytes = b"") -> CallKey:
    found = call_key("crm", key, method="POST", path="/p", body=body)
    assert found is not None
    return found


@pytest.mark.parametrize("given", ["k", " k", "k ", "\tk \t", "  k  "])
def test_blanks_around_a_key_do_not_count(given: str) -> None:
    assert _key(given) == _key("k")


def test_blanks_within_a_key_do() -> None:
    assert _key("a b") != _key("a  b")
    assert _key("XaX").key == "XaX"
    assert _key(" " * 300 + "x" * 255).key == "x" * 255


@pytest.mark.parametrize("given", ["", " ", "\t", " \t ", "a\tb", "k\n", "x" * 256, "caf\xe9", "a\u00a0"])
def test_what_is_no_key_is_refused(given: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        _key(given)

    assert str(refusal.value) == "Idempotency-Key: must be 1 to 255 printable ASCII characters"
    assert (refusal.value.field, refusal.value.place) == ("Idempotency-Key", "header")


def test_a_call_without_a_key_has_none() -> None:
    assert call_key("crm", None, method="POST", path="/p", body=b"") is None


def test_owner_method_path_and_body_make_another_call() -> None:
    usual: dict[str, Any] = {"owner": "crm", "method": "POST", "path": "/p", "body": b"{}"}
    others = [{"owner": "shop"}, {"method": "PATCH"}, {"path": "/q"}, {"body": b"[]"}]

    assert len({call_key(key="k", **usual | other) for other in [{}, *others]}) == 5


def test_a_later_version_finds_the_answers_that_this_one_stored() -> None:
    assert _key("k", b'{"a":1}') == CallKey("crm", "k", "86f85ffc7536572ced25ccbfbae33b88")


def test_a_call_has_one_key() -> None:
    assert (only_one([]), only_one(["k"])) == (None, "k")
    for several in (["k", "k"], ["k", "l"]):
        with pytest.raises(InvalidField) as refusal:
            only_one(several)
        assert str(refusal.value) == "Idempotency-Key: is there more than once: send one"
        assert (refusal.value.field, refusal.value.place) == ("Idempotency-Key", "header")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"b":[1,{"d":2,"c":3}]}',
        b' { "b" : [1, {"c": 3, "d": 2}],\n"a": 1 } ',
        b'{"\\u0062":[1,{"c":3,"d":2}],"a":1}',
    ],
)
def test_the_order_of_fields_and_the_blanks_between_them_make_no_other_body(body: bytes) -> None:
    assert in_one_form(body) == b'{"a":1,"b":[1,{"c":3,"d":2}]}'


@pytest.mark.parametrize("other", [b"[2,1]", b"[1]", b'["1",2]', b"", b"no json", b"[" * 5_000, b"\xff"])
def test_another_body_is_another(other: bytes) -> None:
    assert in_one_form(other) != in_one_form(b"[1,2]")
