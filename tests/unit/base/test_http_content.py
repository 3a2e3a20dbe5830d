"""Compressed content is read by what another program compressed, and never becomes more than is wanted."""

import gzip
import subprocess
import zlib

import pytest

from property_alert_notification.base.http_content import Content

TEXT = b"The right home. " * 100


def _gzipped_by_another_program(text: bytes) -> bytes:
    return subprocess.run(["gzip", "--stdout"], input=text, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        (None, TEXT),
        ("identity", TEXT),
        ("gzip", _gzipped_by_another_program(TEXT)),
        (" X-GZip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
    ],
    ids=["not said", "identity", "gzip", "gzip by its old name", "deflate"],  # compressed text has the time in it
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_content_is_whole_in_chunks_of_any_size(coding: str | None, sent: bytes, size: int) -> None:
    content = Content(coding, len(TEXT))
    chunks = [sent[start : start + size] for start in range(0, len(sent), size)]

    assert not any(content.add(chunk) for chunk in chunks)
    assert content.body == TEXT
    assert content.has_ended


@pytest.mark.parametrize(
    ("coding", "sent"), [(None, TEXT), ("gzip", gzip.compress(b"0" * 5_000_000))], ids=["plain", "gzip"]
)
def test_no_more_is_kept_than_is_wanted(coding: str | None, sent: bytes) -> None:
    content = Content(coding, 1_000)

    assert content.add(sent)
    assert len(content.body) == 1_000
    assert len(content._body) <= len(TEXT)


def test_what_breaks_off_has_not_ended() -> None:
    content = Content("gzip", 10_000)

    assert not content.add(gzip.compress(TEXT)[:-4])
    assert not content.has_ended


def test_what_is_not_compressed_as_the_header_says_is_an_error() -> None:
    with pytest.raises(zlib.error):
        Content("gzip", 10_000).add(TEXT)
