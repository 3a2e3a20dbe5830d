"""Keys of facts, and numbers of searches, as the store keeps them with an alert: joined by commas. Pure."""

from collections.abc import Iterable


def joined(parts: Iterable[str | int]) -> str:
    """Keys of facts, or numbers of searches, as one text. No key has a comma."""
    return ",".join(map(str, parts))


def parts_of(text: str | None) -> list[str]:
    """The parts of such a text; none of what was not stored."""
    return text.split(",") if text else []
