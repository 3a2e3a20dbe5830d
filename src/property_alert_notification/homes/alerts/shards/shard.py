"""A shard: a part of all people, with their searches, which one matcher works on at a time. Pure."""

from typing import NamedTuple

from property_alert_notification.homes.saved_searches.versions.share import EVERYONE, Share


class Shard(NamedTuple):
    """The searches of some people, of which one matcher tells them."""

    number: int
    """No other shard ever has it, also when people are divided into another number of shards."""
    share: Share
    """Its people."""

    @property
    def first(self) -> int:
        """The first number of the shards of this division: those below have ended."""
        return self.number - self.share.part


WHOLE = Shard(0, EVERYONE)
"""The first one, of all people."""
