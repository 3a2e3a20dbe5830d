"""A page cannot pass by not being read: what is left out, or does not fit, is found."""

from pathlib import Path

import pytest

from tests.docs.likeness import Likeness
from tests.docs.pages import Answer, Undocumented, examples_of

ID, OTHER = "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0", "01a20479-40b2-727f-b420-722cc2fbc1b1"


def _page(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


def test_an_answer_is_that_of_every_example_before_it(tmp_path: Path) -> None:
    page = _page(
        tmp_path,
        '```sh\nsetup\n```\n```sh\ncurl\n```\n```python\nx\n```\n```http\nHTTP/1.1 200 OK\nA: b\n\n{"c": 1}\n```',
    )

    examples = list(examples_of(page))

    answer = Answer(200, {"a": "b"}, {"c": 1})
    assert [(one.code.text, one.code.line, one.answer) for one in examples] == [
        ("setup\n", 1, None),
        ("curl\n", 4, answer),
        ("x\n", 7, answer),
    ]


@pytest.mark.parametrize(
    "text", ["```\ncurl\n```\n", "```json\n{}\n```\n", "- one\n  ```sh\n  curl\n  ```\n", "```bash\ncurl\n```\n"]
)
def test_a_block_that_would_not_be_executed_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Undocumented):
        list(examples_of(_page(tmp_path, text)))


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ({"status": "sent"}, {"status": "failed"}),
        ({"status": "sent"}, {"status": "sent", "more": 1}),
        ([1], [1, 2]),
        ({"urgent": True}, {"urgent": 1}),
        ({"send_at": "2040-05-01T15:00:00Z"}, {"send_at": "2040-05-01T16:00:00Z"}),
        ([ID, ID], [OTHER, OTHER.replace("c1b1", "c1b2")]),
    ],
)
def test_another_answer_is_noticed(shown: object, real: object) -> None:
    assert Likeness().differences(Answer(None, {}, shown), Answer(None, {}, real))


def test_an_id_is_learned_once_and_then_typed() -> None:
    likeness = Likeness()

    assert likeness.differences(Answer(None, {}, {"id": ID}), Answer(200, {}, {"id": OTHER})) == []
    assert likeness.real(f"curl /{ID}") == f"curl /{OTHER}"
