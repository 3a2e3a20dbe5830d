"""Decides to which home a listing belongs, among the homes that it could belong to. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from uuid import UUID

from property_alert_notification.homes.properties.identity import Evidence, Identity, contradict, evidence

MOST_LISTINGS = 100
"""Of one home. What would be a home with more is a number that is only there to fill a field."""

_RULED = max(Evidence) + 1


@dataclass(slots=True)
class Grouping:
    """The homes around some listings, while these are placed one after the other."""

    home_of: dict[UUID, UUID]
    """The property of each listing."""
    identities: dict[UUID, Identity]
    rulings: Mapping[frozenset[UUID], bool]
    """What an operator said of two listings: whether they are of the same home."""
    new: set[UUID] = field(default_factory=set)
    """Properties of listings that were added just now, and that no other listing has."""
    merged: dict[UUID, UUID] = field(default_factory=dict)
    """Properties that turned out to be another one, and which."""
    regrouped: set[UUID] = field(default_factory=set)
    """Properties whose listings are others than before; each has some."""

    def place(self, listing: UUID, others: Iterable[UUID], new_id: Callable[[], UUID]) -> None:
        """Place a listing anew; `others` may be of the same home.

        It joins the home for which its record speaks. If it speaks for several, they are one home, unless they are
        known to be different: then the strongest evidence decides, and if there is no strongest it joins none.
        """
        old = self.home_of[listing]
        mates = self._listings_of(old, but=listing)
        ranks: dict[UUID, int] = {}
        for home in {self.home_of[other] for other in others if other != listing}:
            if rank := self._rank(listing, self._listings_of(home, but=listing)):
                ranks[home] = rank
        homes = self._chosen(ranks)
        target = min(homes, default=None) or (new_id() if mates else old)
        if target != old:
            self.home_of[listing] = target
            self.regrouped |= {target, old} if mates else {target}
            if not mates:
                self._merge(old, target)
        for home in homes - {target}:
            self._merge(home, target)

    def _listings_of(self, home: UUID, *, but: UUID) -> list[UUID]:
        return [listing for listing, its in self.home_of.items() if its == home and listing != but]

    def _rank(self, listing: UUID, others: Collection[UUID]) -> int:
        """How strongly it belongs to a home with these listings; 0 if it does not."""
        rulings = {self.rulings.get(frozenset((listing, other))) for other in others}
        if False in rulings or len(others) >= MOST_LISTINGS:
            return 0
        if True in rulings:
            return _RULED
        if any(self._are_two_homes(listing, other) for other in others):
            return 0
        return max((self._evidence(listing, other) for other in others), default=0)

    def _evidence(self, one: UUID, other: UUID) -> int:
        return evidence(self.identities[one], self.identities[other]) or 0

    def _are_two_homes(self, one: UUID, other: UUID) -> bool:
        """Whether two listings are known to be of two homes: by what an operator said, or else by their records."""
        ruling = self.rulings.get(frozenset((one, other)))
        if ruling is not None:
            return not ruling
        return contradict(self.identities[one], self.identities[other]) and not self._are_like_ruled(one, other)

    def _are_like_ruled(self, one: UUID, other: UUID) -> bool:
        """Whether they are like two listings that an operator made one home although their records contradict.

        What an operator said of two house numbers holds for the next listing with one of them, too. If an operator said
        which unit a listing without one is, the other units of the parcel are other homes all the same.
        """
        known = self.identities
        return any(
            self._is_like(one, first) and self._is_like(other, second)
            for pair, same in self.rulings.items()
            if same and pair <= known.keys() and contradict(*(known[each] for each in pair))
            for first, second in permutations(pair)
        )

    def _is_like(self, one: UUID, other: UUID) -> bool:
        return one == other or self._evidence(one, other) > 0

    def _chosen(self, ranks: Mapping[UUID, int]) -> set[UUID]:
        homes = sorted(ranks)
        if all(self._may_be_one(one, other) for one in homes for other in homes if one < other):
            return set(homes)
        strongest = [home for home in homes if ranks[home] == max(ranks.values())]
        return set(strongest) if len(strongest) == 1 else set()

    def _may_be_one(self, one: UUID, other: UUID) -> bool:
        pairs = [
            (a, b) for a, at in self.home_of.items() if at == one for b, its in self.home_of.items() if its == other
        ]
        return not any(self._are_two_homes(*pair) for pair in pairs)

    def _merge(self, home: UUID, target: UUID) -> None:
        for listing, its in self.home_of.items():
            if its == home:
                self.home_of[listing] = target
        self.merged = {old: target if new == home else new for old, new in self.merged.items()} | {home: target}
        self.regrouped.add(target)
        self.regrouped.discard(home)  # it has no listings any more
