"""What is wrong with a field, in words that are not pydantic's."""

from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from property_alert_notification.api.fields import UserId
from property_alert_notification.api.known_fields import without_unknown_names
from property_alert_notification.base.times import Moment
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.base.wording import Truth, in_words, of_plain_text
from property_alert_notification.notifications.fields import Category, Title
from property_alert_notification.notifications.schemas import (
    NotificationBatch,
    NotificationCreate,
    NotificationPatch,
    NotificationQuery,
)
from property_alert_notification.people.preferences.routes import PreferenceBatch, PreferenceCreate

ODD: tuple[Any, ...] = (None, "", "x" * 70_000, 7, -1, 2**70, 1.5, True, [], {}, [1], {"a": 1}, "2026-01-01", b"\xff")
FOREIGN = ("Input", "Value error", "should", "Field required", "min_length", "None")
MODELS = (
    NotificationCreate,
    NotificationPatch,
    NotificationQuery,
    NotificationBatch,
    PreferenceCreate,
    PreferenceBatch,
)


@pytest.mark.parametrize("model", MODELS)
def test_no_sentence_about_any_field_is_pydantics(model: type[BaseModel]) -> None:
    bodies: list[Any] = [{name: value} for name in [*model.model_fields, "unheard_of"] for value in ODD]
    for body in [*bodies, *ODD]:
        for sentence in _sentences(model, body):
            assert sentence[0].islower(), sentence
            assert not any(word in sentence for word in FOREIGN), sentence


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Title, "", "must have 1 or more characters"),
        (Title, "two\nlines", "must be one line"),
        (UserId, "one", "must be a whole number, for example 1"),
        (Category, "Not A Slug", "must match the pattern ^[a-z0-9][a-z0-9_-]{0,63}$"),
        (Channel, "pigeon", "must be one of 'email' or 'sms'"),
        (UUID, "1", "must be an id as an answer gave it, for example 019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0"),
        (Moment, "tomorrow", "must be RFC 3339 with an offset, for example 2026-11-24T09:00:00+01:00"),
    ],
)
def test_a_refusal_contains_the_remedy(kind: Any, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(kind).validate_python(value)

    assert [in_words(error) for error in wrong.value.errors()] == [sentence]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"type": "missing", "msg": "Field required"}, "is required"),
        ({"type": "too_long", "ctx": {"max_length": 9, "field_type": "List"}}, "must have 9 or fewer entries"),
        ({"type": "too_long", "ctx": {"max_length": 9, "field_type": "Bytes"}}, "must have 9 or fewer characters"),
        ({"type": "too_short", "ctx": {"min_length": 1, "unit": "rooms"}}, "must have 1 or more rooms"),
        ({"type": "dict_type", "ctx": None}, "must be a JSON object: {…}"),
        ({"type": "value_error", "msg": "Value error, must be one line"}, "must be one line"),
        ({"type": "url_type", "msg": "Input should be a URL"}, "must be a URL"),
    ],
)
def test_an_error_is_described_in_our_words_with_what_it_holds(error: dict[str, Any], sentence: str) -> None:
    assert in_words(error) == sentence


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (bool, "perhaps", "must be true or false"),
        (int, "ten", "must be a whole number"),
        (float, "ten", "must be a number"),
        (Annotated[float, Field(gt=0)], "0", "must be more than 0.0"),
        (Annotated[float, Field(lt=9)], "9", "must be less than 9.0"),
        (Annotated[int, Field(le=9)], "10", "must be 9 or less"),
        (Moment, "tomorrow", "must be RFC 3339 with an offset, for example 2026-11-24T09:00:00+01:00"),
    ],
)
def test_what_is_not_json_is_described_without_words_about_json(kind: Any, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(kind).validate_python(value)

    assert [of_plain_text(error) for error in wrong.value.errors()] == [sentence]


@pytest.mark.parametrize(
    "value", ["yes", "true", "True", "on", "1", "y", "no", "false", "0", "", "perhaps", 1, 0, 1.0, 2]
)
def test_a_word_or_a_number_is_no_consent(value: Any) -> None:
    for validate in (TypeAdapter(Truth).validate_python, lambda one: TypeAdapter(Truth).validate_json(_json(one))):
        with pytest.raises(ValidationError) as wrong:
            validate(value)
        assert [error["type"] for error in wrong.value.errors()] == ["bool_parsing"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        *[
            (word, "must be true or false, without quotes: a word or a number is not taken for one")
            for word in ("Yes", 1)
        ],
        ("perhaps", "Input should be a valid boolean, unable to interpret input"),
    ],
)
def test_only_a_word_that_was_taken_once_is_answered_in_new_words(value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(Truth).validate_python(value)

    assert [error["msg"] for error in wrong.value.errors()] == [sentence]


@pytest.mark.parametrize("value", [None, [], {}, [True]])
def test_unreadable_channels_are_no_consent(value: Any) -> None:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(Truth).validate_python(value)

    assert [error["type"] for error in wrong.value.errors()] == ["bool_type"]


@pytest.mark.parametrize("value", [True, False])
def test_true_and_false_are_parsed_as_booleans(value: bool) -> None:
    assert TypeAdapter(Truth).validate_python(value) is value


def _sentences(model: type[BaseModel], body: Any) -> list[str]:
    try:
        model.model_validate(body)
    except ValidationError as wrong:
        return [in_words(error) for error in without_unknown_names(wrong.errors())]
    return []


def _json(value: Any) -> str:
    return TypeAdapter(Any).dump_json(value).decode()
