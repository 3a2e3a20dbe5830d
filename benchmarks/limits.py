"""The limits of figures, as the tables show them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AtMost:
    """A figure may not be larger; `text` shows the limit, such as `{:.0f} MB`."""

    value: float
    text: str

    def is_met(self, figure: float) -> bool:
        """Whether the figure is within the limit."""
        return figure <= self.value

    def verdict(self, figure: float) -> str:
        """The limit, and whether the figure is within it, for a table."""
        limit = self.text.format(self.value)
        return f"[green]{limit} met[/]" if self.is_met(figure) else f"[red]{limit} not met[/]"


class AtLeast(AtMost):
    """A figure may not be smaller."""

    def is_met(self, figure: float) -> bool:
        """Whether the figure is within the limit."""
        return figure >= self.value
