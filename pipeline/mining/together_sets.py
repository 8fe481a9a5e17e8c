"""Which set of items goes best with each of its items: counts of itemsets in, a row an item out."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from pipeline.config.family_options import FrequentlyBoughtTogether
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.proportions import wilson
from pipeline.mining.significance import layered, p_values

PAIR = 2
"""Source and rest of a pair are one test, whichever is the source."""


@dataclass(frozen=True)
class Unfit:
    """What keeps two items out of one set.

    Attributes:
        families: Number of each item's product; its own where it has none.
        left: Items that another one replaces.
        right: The other one.
    """

    families: Int64s
    left: Int64s
    right: Int64s


@dataclass(frozen=True)
class TogetherRules:
    """Source items, each with a set that holds it: one row a source item and set.

    Attributes:
        sources: The source items.
        sets: Row of the set among the itemsets.
        order_counts: Orders with the whole set.
        source_counts: Orders with the source item.
        set_lifts: N^(k-1) n_S / the product of the counts of its k items.
        least_pair_lifts: Smallest lift of two items of the set.
        p_values: Chance to find source and rest together so often, were they independent.
        q_values: The same, times the tests of the set's size and the number of sizes.
    """

    sources: Int64s
    sets: Int64s
    order_counts: Int64s
    source_counts: Int64s
    set_lifts: Floats
    least_pair_lifts: Floats
    p_values: Floats
    q_values: Floats

    def at(self, rows: Int64s | Bools) -> "TogetherRules":
        """Return some of the rows."""
        return TogetherRules(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class LeftOut:
    """Why sets, and source items of sets, were left out.

    Attributes:
        unfit_set_count: Sets of two items of one product, or of which one replaces the other.
        unlifted_set_count: Sets of two items that stand together no more often than by chance.
        insignificant_rule_count: Source items of sets whose q-value is too large.
    """

    unfit_set_count: int
    unlifted_set_count: int
    insignificant_rule_count: int


class _Counts:
    """Looks up the orders of an itemset; every subset of one is another."""

    def __init__(self, itemsets: Itemsets, basket_count: int) -> None:
        self.itemsets, self.basket_count = itemsets, basket_count
        self.item_count = len(itemsets.of_size(1))
        self.most = int(itemsets.sizes.max(initial=1))
        self._keys = {size: self._key(itemsets.of_size(size)) for size in range(1, self.most)}

    def _key(self, sets: Int32s) -> Int64s:
        keys = np.zeros(len(sets), np.int64)
        for column in range(sets.shape[1]):
            keys = keys * self.item_count + sets[:, column]
        return keys

    def of(self, sets: Int32s) -> Int64s:
        """Return the orders that hold each set."""
        size = sets.shape[1]
        counts: Int64s = self.itemsets.counts[self.itemsets.rows_of_size(size)]
        keys = self._keys.get(size)
        if keys is None:
            keys = self._key(self.itemsets.of_size(size))
        return counts[np.searchsorted(keys, self._key(sets))]

    def is_among(self, pairs: Int32s, left: Int64s, right: Int64s) -> Bools:
        """Mark the pairs that are listed, in either order."""
        listed = np.concatenate([left * self.item_count + right, right * self.item_count + left])
        return np.isin(self._key(pairs), listed)


def best_rules(
    itemsets: Itemsets, basket_count: int, unfit: Unfit, options: FrequentlyBoughtTogether
) -> tuple[TogetherRules, LeftOut]:
    """Choose the set of each item with the highest confidence_low times lift of the set.

    Ties go to the set in more orders, then the smaller one, then item ids.

    Args:
        itemsets: Itemsets in order, items numbered from 0 on in the order of their ids.
        basket_count: All orders.
        unfit: Pairs that no set may hold.
        options: Largest q-value, and the number of items of a set.
    """
    counts = _Counts(itemsets, basket_count)
    found = [_rules_of_size(counts, size, unfit, options) for size in range(2, counts.most + 1)]
    rules = _put_together([rules for rules, _ in found])
    unfit_count, unlifted_count = (sum(part[at] for _, part in found) for at in (0, 1))
    is_kept = rules.q_values <= (options.max_q_value or 1)
    left_out = LeftOut(unfit_count, unlifted_count, int((~is_kept).sum()))
    rules = rules.at(is_kept)
    scores = wilson(rules.order_counts, rules.source_counts)[0] * rules.set_lifts
    order = np.lexsort((rules.sets, -rules.order_counts, -scores, rules.sources))
    _, firsts = np.unique(rules.sources[order], return_index=True)
    return rules.at(order[firsts]), left_out


def _put_together(parts: list[TogetherRules]) -> TogetherRules:
    counts, measures = np.zeros(0, np.int64), np.zeros(0)
    none = TogetherRules(counts, counts, counts, counts, measures, measures, measures, measures)
    names = TogetherRules.__dataclass_fields__
    columns = ([getattr(part, name) for part in (none, *parts)] for name in names)
    return TogetherRules(*(np.concatenate(column) for column in columns))


def _rules_of_size(
    counts: _Counts, size: int, unfit: Unfit, options: FrequentlyBoughtTogether
) -> tuple[TogetherRules, tuple[int, int]]:
    """Return the rules of the sets of one size, and how many sets are unfit, and unlifted."""
    sets = counts.itemsets.of_size(size)
    single = counts.itemsets.counts[counts.itemsets.rows_of_size(1)]
    is_unfit, is_lifted = np.zeros(len(sets), np.bool_), np.ones(len(sets), np.bool_)
    least = np.full(len(sets), np.inf)
    for left, right in combinations(range(size), 2):
        pairs = sets[:, [left, right]]
        joint, product = counts.of(pairs), single[pairs[:, 0]] * single[pairs[:, 1]]
        least = np.minimum(least, joint * counts.basket_count / product)
        is_lifted &= joint * counts.basket_count > product
        is_unfit |= unfit.families[pairs[:, 0]] == unfit.families[pairs[:, 1]]
        is_unfit |= counts.is_among(pairs, unfit.left, unfit.right)
    rows = np.flatnonzero(is_lifted & ~is_unfit)
    kept, order_counts = sets[rows], counts.of(sets[rows])
    products = np.prod(single[kept].astype(np.float64), axis=1)
    set_lifts = order_counts * float(counts.basket_count) ** (size - 1) / products
    parts = []
    for column in range(size):
        source_counts = single[kept[:, column]]
        rest_counts = counts.of(np.delete(kept, column, axis=1))
        p = p_values(order_counts, source_counts, rest_counts, counts.basket_count)
        test_count = comb(counts.item_count, size) * (1 if size == PAIR else size)
        parts.append(
            TogetherRules(
                sources=kept[:, column].astype(np.int64),
                sets=counts.itemsets.rows_of_size(size).start + rows,
                order_counts=order_counts,
                source_counts=source_counts,
                set_lifts=set_lifts,
                least_pair_lifts=least[rows],
                p_values=p,
                q_values=layered(p, test_count, options.max_set_items - 1),
            )
        )
    return _put_together(parts), (int(is_unfit.sum()), int((~is_lifted & ~is_unfit).sum()))
