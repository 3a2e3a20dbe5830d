"""Texts that try to be more than text, and how a mail is read where it arrives."""

import re
from email.message import EmailMessage

from hypothesis import strategies as st

OURS = {
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type",
    "Content-Transfer-Encoding",
}  # fmt: skip

unicode_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)
hostile_text = st.lists(
    st.sampled_from(
        ["\r\n", "\n", "\r", "\x00", "\t", " ", "Bcc: x@evil.example", ":", "=?utf-8?q?x?=", "=?", "\x85", "\u2028",
         "é", "🏡", "漢", '"', "\\", "<", ">", ",", ".", "--", "=_", "a" * 90, "From "]
    ) | unicode_text,
    max_size=12,
).map("".join)  # fmt: skip


def has_control(text: str) -> bool:
    """Whether a header may not hold it."""
    return re.search(r"[\x00-\x1f\x7f]", text) is not None


def with_one_kind_of_line_end(text: str) -> str:
    """As it reads when it has arrived."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def body(message: EmailMessage, kind: str) -> str:
    """The text of one part of a mail."""
    part = message.get_body((kind,))
    assert part is not None
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    # What precedes the last line end is the text; that one belongs to the boundary or closes the message.
    return octets.decode().replace("\r\n", "\n").removesuffix("\n")
