"""What an error shows of a text that a caller sent. Pure."""

LONGEST = 40
"""Characters."""


def shown(text: str) -> str:
    """The beginning of a text, without characters that cannot be printed."""
    printable = "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST])
    return f"{printable}…" if len(text) > LONGEST else printable
