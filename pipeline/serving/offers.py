"""Everything that may be shown in the slots of a placement, best list first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pipeline.config.serving_options import Caps, Slots
from pipeline.mining.baskets import Bools
from pipeline.serving.automatic import automatic_lists, substitute_ranges
from pipeline.serving.blacklist import blacklisted
from pipeline.serving.fallbacks import fallback_lists
from pipeline.serving.filling import EMPTY, Group, Merger, Stock
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.manual import manual_lists
from pipeline.serving.manual_rows import Manual, read_manual
from pipeline.serving.rules import rule_lists
from pipeline.serving.setting import Setting
from pipeline.serving.traits import traits_of

COSTLY = "similar_attributes"
"""The fallback that is computed only for the pages that need it."""
_Made = list[CandidateLists]


def stock_of(setting: Setting) -> Stock:
    """Return what stands against each item, the first reason of several."""
    from pipeline.mining.kernels.slot_filling import BLACKLISTED, NOT_LISTED, OUT_OF_STOCK

    shelf = setting.shelf
    hidden = np.where(blacklisted(setting), BLACKLISTED, 0).astype(np.int64)
    if not setting.options.show_out_of_stock:
        hidden[shelf.is_out_of_stock] = OUT_OF_STOCK
    hidden[~shelf.is_listed] = NOT_LISTED
    starts, ends, targets = substitute_ranges(setting)
    return Stock(hidden, np.append(starts, ends[-1:]), targets)


@dataclass
class Offers:
    """Makes lists of candidates; placements with the same pages share them.

    Attributes:
        setting: The shop as it stands.
        stock: What may be shown.
    """

    setting: Setting
    stock: Stock
    _made: dict[tuple[str, ...], _Made] = field(default_factory=dict)

    def merger(
        self, slots: Sequence[Slots], sources: Sources, audiences: Sequence[str], caps: Caps
    ) -> Merger:
        """Return what merges the lists of a page.

        Args:
            slots: The groups of slots of the page.
            sources: The pages; those of one kind must be the same at every call.
            audiences: EVERYONE, then the customer segments.
            caps: How often the pages may show the like.
        """

        def merged(needy: Bools | None) -> Merger:
            groups = [self._group(one, sources, needy) for one in slots]
            shelf, stock = self.setting.shelf, self.stock
            return Merger(groups, sources, audiences, shelf=shelf, stock=stock, caps=caps)

        quick = merged(None)
        if not any(COSTLY in one.fallbacks for one in slots):
            return quick
        needy = _needy(quick, slots, len(sources))
        return merged(needy) if needy.any() else quick

    def _group(self, slots: Slots, sources: Sources, needy: Bools | None) -> Group:
        """Return the lists of one relation type: by hand, by rules, mined, fallbacks."""
        relation, kind = slots.relation, sources.kind
        setting, eligible = self.setting, self.stock.is_eligible
        lists = [
            *self._kept(("manual", relation, kind), lambda: self._by_hand(sources, relation)),
            *self._kept(
                ("rules", relation, kind),
                lambda: rule_lists(setting, sources, relation, is_eligible=eligible),
            ),
            *self._kept(
                ("mined", relation, kind), lambda: automatic_lists(setting, sources, relation)
            ),
        ]
        for fallback in slots.fallbacks:
            if fallback == COSTLY:
                lists += _listed(
                    fallback_lists(setting, sources, fallback, needy) if needy is not None else None
                )
            else:
                lists += self._kept(
                    ("fallback", fallback, kind),
                    lambda name=fallback: fallback_lists(setting, sources, name, None),
                )
        return Group(relation, slots.count, traits_of(setting.options)[relation], lists)

    @cached_property
    def _manual(self) -> Manual | None:
        return read_manual(self.setting)

    def _by_hand(self, sources: Sources, relation: str) -> CandidateLists | None:
        return manual_lists(self._manual, sources, relation) if self._manual else None

    def _kept(
        self, key: tuple[str, ...], make: Callable[[], CandidateLists | _Made | None]
    ) -> _Made:
        if key not in self._made:
            self._made[key] = _listed(make())
        return self._made[key]


def _listed(made: CandidateLists | _Made | None) -> _Made:
    if made is None:
        return []
    return [made] if isinstance(made, CandidateLists) else made


def _needy(merger: Merger, slots: Sequence[Slots], source_count: int) -> Bools:
    """Return the sources with a page on which a group with the costly fallback is not full."""
    filled = merger.fill()
    is_needy = np.zeros(source_count, np.bool_)
    for at, one in enumerate(slots):
        if COSTLY in one.fallbacks:
            last = int(merger.slots[at + 1]) - 1
            is_needy[filled.pages[filled.rows[:, last] == EMPTY, 0]] = True
    return is_needy
