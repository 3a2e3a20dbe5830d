"""What is said of fields that are none of ours: not their names."""

from typing import Any

import pytest
from pydantic import Field, ValidationError

from property_alert_notification.api.known_fields import Strict, known_part, without_unknown_names


class Pet(Strict):
    """Something that callers send."""

    pet_name: str
    friends: list["Pet"] = Field(default_factory=list)


def _errors(value: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        Pet.model_validate(value)
    return without_unknown_names(caught.value.errors())


def test_a_misspelt_field_is_answered_with_the_right_one() -> None:
    (error,) = _errors({"pet_name": "Rex", "freinds": []})

    assert error == {"type": "extra_forbidden", "loc": (), "msg": "has an unknown field: did you mean friends?"}


def test_many_unknown_fields_in_one_place_are_one_error() -> None:
    unknown = {f"MARK {number}": number for number in range(1_000)} | {"x" * 1_000_000: 1}

    first, second = _errors({"pet_name": "Rex", "friends": [{"pet_name": "Tom", "MARK": 1}]} | unknown)

    assert (first["loc"], first["msg"]) == (
        ("friends", 0),
        "has an unknown field, which this call does not take",
    )
    assert (second["loc"], second["msg"]) == ((), "has unknown fields, which this call does not take")
    assert "MARK" not in str((first, second))


def test_a_field_of_another_place_is_named() -> None:
    class Shed(Strict):
        size: int = 1

    with pytest.raises(ValidationError) as caught:
        Shed.model_validate({"pet_name": "Rex"})

    (error,) = without_unknown_names(caught.value.errors())
    assert (error["loc"], error["msg"]) == (("pet_name",), "is not a field of this call: leave it out")


def test_other_errors_stay_as_they_are() -> None:
    (error,) = _errors({})

    assert (error["type"], error["loc"]) == ("missing", ("pet_name",))


def test_what_was_sent_is_repeated_without_what_is_none_of_ours() -> None:
    sent = {"pet_name": "Rex", "MARK": 1, "friends": [{"MARK": 1, "pet_name": {"MARK": 2}}, 7]}

    assert known_part(sent) == {"pet_name": "Rex", "friends": [{"pet_name": {}}, 7]}
    assert known_part("a text") == "a text"
