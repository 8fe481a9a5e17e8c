"""What a page shows, computed one candidate at a time in plain Python."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """One item; None and False say nothing against it."""

    product: str | None = None
    category: str | None = None
    brand: str | None = None
    hidden: str = ""


@dataclass(frozen=True)
class Offer:
    """One list for one source: candidates in order, with the slot that a manual one asks for."""

    origin: str
    targets: tuple[int, ...]
    positions: tuple[int, ...] = ()
    most: int = 0
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Slots of one relation type: how many, what is forbidden there, and what is offered."""

    slots: int
    offers: tuple[Offer, ...]
    cross: bool = False
    far: bool = False
    alternative: bool = False


@dataclass
class Rules:
    """What holds for all pages."""

    items: list[Item]
    substitutes: set[tuple[int, int]] = field(default_factory=set)
    per_category: int | None = None
    per_brand: int | None = None
    per_target: int | None = None
    uses: Counter[int] = field(default_factory=Counter)


def show_page(source: int, blocks: list[Block], rules: Rules, segment: str) -> list[list[int]]:
    """Return what each block of a page shows, and count it in `rules.uses`."""
    page = _Page(source, rules, [[None] * block.slots for block in blocks])
    for is_asking in (True, False):
        for block, places in zip(blocks, page.slots, strict=True):
            for offer in _for(block, segment, manual=True):
                for target, position in zip(offer.targets, offer.positions, strict=True):
                    if (position > 0) == is_asking:
                        page.put(target, places, position - 1 if is_asking else _free(places))
    for block, places in zip(blocks, page.slots, strict=True):
        for offer in _for(block, segment, manual=False):
            count = 0
            for target in offer.targets:
                may_stay = _fits(source, target, block, rules) and not page.is_crowded(target)
                if may_stay and not (offer.most and count == offer.most):
                    count += page.put(target, places, _free(places))
    return [[one for one in places if one is not None] for places in page.slots]


@dataclass
class _Page:
    source: int
    rules: Rules
    slots: list[list[int | None]]

    @property
    def shown(self) -> list[int]:
        return [one for block in self.slots for one in block if one is not None]

    def put(self, target: int, places: list[int | None], free: int) -> bool:
        """Show a target in a slot, unless something stands against it everywhere."""
        is_hidden = self.rules.items[target].hidden or target in {self.source, *self.shown}
        if is_hidden or free >= len(places):
            return False
        places[free] = target
        self.rules.uses[target] += 1
        return True

    def is_crowded(self, target: int) -> bool:
        """Return whether a cap stands against one more of the target's kind."""
        rules, item = self.rules, self.rules.items[target]
        shown = [rules.items[one] for one in self.shown]
        alike = sum(item.category is not None and one.category == item.category for one in shown)
        branded = sum(item.brand is not None and one.brand == item.brand for one in shown)
        counts = (alike, branded, rules.uses[target])
        caps = (rules.per_category, rules.per_brand, rules.per_target)
        return any(
            cap is not None and count >= cap for cap, count in zip(caps, counts, strict=True)
        )


def _for(block: Block, segment: str, *, manual: bool) -> list[Offer]:
    return [
        offer
        for offer in block.offers
        if (offer.origin == "manual") == manual
        and (not offer.segments or segment in offer.segments)
    ]


def _free(places: list[int | None]) -> int:
    return places.index(None) if None in places else len(places)


def _fits(source: int, target: int, block: Block, rules: Rules) -> bool:
    if source < 0:
        return True
    one, other = rules.items[source], rules.items[target]
    is_family = one.product is not None and one.product == other.product
    is_same_leaf = one.category is not None and one.category == other.category
    if block.cross and (is_family or (source, target) in rules.substitutes):
        return False
    if block.far and is_same_leaf:
        return False
    return not (block.alternative and not is_same_leaf)
