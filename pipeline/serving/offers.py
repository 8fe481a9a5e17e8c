"""Everything that may be shown in the slots of a placement, best list first."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import takewhile
from typing import Final

import numpy as np

from pipeline.config.serving_options import Caps, Fallback, Slots
from pipeline.mining.baskets import Bools
from pipeline.serving.automatic import automatic_lists, lists_without_evidence, substitute_ranges
from pipeline.serving.blacklist import blacklisted
from pipeline.serving.fallbacks import fallback_lists
from pipeline.serving.filling import EMPTY, Group, Merger, Stock
from pipeline.serving.lists import MANUAL, CandidateLists, Sources
from pipeline.serving.manual import manual_lists
from pipeline.serving.manual_rows import Manual, read_manual
from pipeline.serving.rule_book import RuleBook
from pipeline.serving.rules import open_rules, rule_lists
from pipeline.serving.setting import Setting
from pipeline.serving.traits import traits_of

COSTLY: Final = "similar_attributes"
"""The fallback that is computed only for the pages that need it."""
WEAK: Final = "without evidence"
"""Alternatives that nobody looked at, likewise."""
WITHOUT_EVIDENCE: Final = frozenset({
    "same_brand_up_sell", "other_brand_up_sell", "similar_price", "down_sell", "replacement",
})  # fmt: skip
"""Relation types that have such."""
_Needy = dict[tuple[str, str], Bools]
"""Sources whose slots are not full, by the kind of list that may fill them and relation type."""
_Made = list[CandidateLists]
_ANY: Final = ""
"""Stands for the relation type of lists that are the same for all."""


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


def rule_book(setting: Setting, stock: Stock) -> RuleBook:
    """Return the rules of the shop."""
    return open_rules(
        setting, stock.is_eligible, segments=setting.segments, attributes=setting.attributes
    )


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
        needy: _Needy = {}

        def merged(fallbacks: Callable[[Slots], Sequence[Fallback]]) -> Merger:
            groups = [self._group(one, sources, fallbacks(one), needy) for one in slots]
            shelf, stock = self.setting.shelf, self.stock
            return Merger(groups, sources, audiences, shelf=shelf, stock=stock, caps=caps)

        if any(one.relation in WITHOUT_EVIDENCE for one in slots):
            for one in slots:  # those of another placement are for its own needy pages
                self._made.pop((WEAK, sources.kind, one.relation), None)
            needy |= _needy(merged(lambda _: ()), slots, WEAK)
        if any(COSTLY in one.fallbacks for one in slots):
            needy |= _needy(merged(_before_costly), slots, COSTLY)
        return merged(lambda one: one.fallbacks)

    def forget_all_but(self, relations: Collection[str]) -> None:
        """Give back the memory of lists that no later placement needs.

        Args:
            relations: Relation types of the later placements.
        """
        kept = {*relations, _ANY}
        self._made = {key: made for key, made in self._made.items() if key[2] in kept}
        for name in self.setting.shared.keys() - kept:
            del self.setting.shared[name]

    def _group(
        self, slots: Slots, sources: Sources, fallbacks: Sequence[Fallback], needy: _Needy
    ) -> Group:
        """Return the lists of one relation type: by hand, by rules, mined, fallbacks."""
        setting, relation = self.setting, slots.relation
        lists = [
            *self._kept(MANUAL, sources, relation, self._by_hand),
            *self._kept("rule", sources, relation, self._by_rules),
            *self._kept("mined", sources, relation, partial(automatic_lists, setting)),
        ]
        if (WEAK, relation) in needy:
            weak = partial(lists_without_evidence, setting, needy=needy[WEAK, relation])
            lists += self._kept(WEAK, sources, relation, weak)
        for fallback in fallbacks:
            make = partial(self._fallback, fallback, needy.get((fallback, relation)))
            if fallback != COSTLY:
                lists += self._kept(fallback, sources, _ANY, make)
            elif (fallback, relation) in needy:
                lists += _listed(make(sources, relation))
        return Group(relation, slots.count, traits_of(setting.options)[relation], lists)

    def _fallback(
        self, kind: Fallback, needy: Bools | None, sources: Sources, _: str
    ) -> CandidateLists | None:
        return fallback_lists(self.setting, sources, kind, needy)

    @cached_property
    def _manual(self) -> Manual | None:
        return read_manual(self.setting)

    def _by_hand(self, sources: Sources, relation: str) -> CandidateLists | None:
        return manual_lists(self._manual, sources, relation) if self._manual else None

    @cached_property
    def _rules(self) -> RuleBook:
        return rule_book(self.setting, self.stock)

    def _by_rules(self, sources: Sources, relation: str) -> _Made:
        return rule_lists(self._rules, sources, relation)

    def _kept(
        self,
        origin: str,
        sources: Sources,
        relation: str,
        make: Callable[[Sources, str], CandidateLists | _Made | None],
    ) -> _Made:
        key = (origin, sources.kind, relation)
        if key not in self._made:
            self._made[key] = _listed(make(sources, relation))
        return self._made[key]


def _listed(made: CandidateLists | _Made | None) -> _Made:
    if made is None:
        return []
    return [made] if isinstance(made, CandidateLists) else made


def _before_costly(slots: Slots) -> Sequence[Fallback]:
    """Return the fallbacks that stand before the costly one."""
    before = takewhile(lambda name: name != COSTLY, slots.fallbacks)
    return list(before) if COSTLY in slots.fallbacks else slots.fallbacks


def _needy(merger: Merger, slots: Sequence[Slots], kind: str) -> _Needy:
    """Return, by relation type, the sources with a page on which its slots are not full."""
    filled = merger.fill()
    found: _Needy = {}
    for at, one in enumerate(slots):
        is_needy = np.zeros(merger.source_count, np.bool_)
        last = int(merger.slots[at + 1]) - 1
        is_needy[filled.pages[filled.rows[:, last] == EMPTY, 0]] = True
        if is_needy.any():
            found[kind, one.relation] = is_needy
    return found
