"""How many itemsets and rules a minimum count would give, without finding all of them.

Two bounds come first, each only dear enough to be worth its answer: as if every two frequent items
were a frequent pair, then with the exact number F_2 of frequent pairs. Both bound the itemsets of
each size k by Kruskal and Katona, C(a, k) + C(b, k - 1) where F_2 = C(a, 2) + b and 0 <= b < a.

The estimate is the truth where a search that gives up at `SEARCHED_ITEMSETS` ends by itself.
Else it is by chance: walk from a random frequent pair, adding a random item that keeps the itemset
frequent. With b_j choices at size j, F_k = 2 F_2 / k! times the mean of b_2 b_3 ... b_(k-1),
because each itemset is reached in k! orders. On the way the rules with the new item on the right
are counted. The walks are seeded: same input, same answer.

Source:
    Geerts, Goethals and Van den Bussche, A Tight Upper Bound on the Number of Candidate
    Patterns, ICDM 2001; Knuth, Estimating the Efficiency of Backtrack Programs, 1975.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import comb, isqrt

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Baskets, Int32s, Int64s, keep_frequent_items, to_offsets
from pipeline.mining.itemsets import Itemsets, TooManyItemsetsError, mine_itemsets
from pipeline.mining.rule_counts import Sides, Thresholds, count_rules
from pipeline.mining.thresholds import least_parts

SEARCHED_ITEMSETS = 200_000
WALKS = 1000
WALKS_AT_LEAST = 50
WALK_ITEMS = 10_000_000


@dataclass(frozen=True)
class Expected:
    """What a minimum count would give.

    Attributes:
        sizes: Number of itemsets of 1, 2, ... items.
        rules: Number of rules that reach the smallest confidence; lift is not looked at.
        is_exact: Whether these are counted, not estimated.
    """

    sizes: tuple[float, ...]
    rules: float
    is_exact: bool

    @property
    def itemsets(self) -> float:
        """Number of itemsets of any size."""
        return sum(self.sizes)


@dataclass
class _Sums:
    """Weights that the walks found: itemsets by size, and rules by the size of their itemset."""

    itemsets: dict[int, float] = field(default_factory=dict)
    rules: dict[int, float] = field(default_factory=dict)

    def add_itemsets(self, size: int, weight: float) -> None:
        """Add the itemsets that one step of a walk stands for."""
        self.itemsets[size] = self.itemsets.get(size, 0.0) + weight

    def add_rules(self, size: int, weight: float) -> None:
        """Add the itemsets whose splits are confident, a share of one counting as that share."""
        self.rules[size] = self.rules.get(size, 0.0) + weight


class Search:
    """The frequent items of a data set, and what is expected over them.

    Attributes:
        basket_count: Number of baskets.
        min_count: Smallest number of baskets of an itemset.
        item_count: Number of frequent items.
        line_count: Number of places of frequent items in baskets.
        found: What the miner would find, where the estimate has looked and it was little.

    Args:
        baskets: All baskets.
        min_count: Smallest number of baskets.
        config: Largest sizes and smallest confidence.
        threads: Threads of the search.
    """

    def __init__(self, baskets: Baskets, min_count: int, config: Mining, threads: int = 1) -> None:
        counts = baskets.item_counts
        frequent_counts = counts[counts >= min_count]
        self.basket_count = baskets.basket_count
        self.min_count = min_count
        self.item_count = len(frequent_counts)
        self.line_count = int(frequent_counts.sum())
        self.found: Itemsets | None = None
        self._all_baskets = baskets
        self._threads = threads
        self._config = config
        # Closed and maximal itemsets are told by those of one item more.
        self._max_size = config.max_itemset_size + (config.target != "frequent")

    def bounds(self) -> Iterator[Expected]:
        """Yield upper bounds, each lower and dearer than the one before it.

        The second only where there are too many itemsets to count them: it takes as long.
        """
        yield self._bounded(comb(self.item_count, 2))
        if self._searched is None:
            yield self._bounded(len(self.pairs))

    @cached_property
    def expected(self) -> Expected:
        """The estimate: exact where few itemsets are found, else by walks."""
        return self._searched or self._walked()

    @cached_property
    def baskets(self) -> Baskets:
        """The baskets with frequent items alone, numbered from the most frequent one."""
        return keep_frequent_items(self._all_baskets, self.min_count)[0]

    @cached_property
    def pairs(self) -> Int32s:
        """Frequent pairs, one a row, counted exactly."""
        itemsets = mine_itemsets(self.baskets, self.min_count, 2, "fpgrowth")
        return itemsets.of_size(2)

    def _bounded(self, pair_count: int) -> Expected:
        """Return the bound of Kruskal and Katona for every size, and every rule of these."""
        a = (1 + isqrt(1 + 8 * pair_count)) // 2
        b = pair_count - comb(a, 2)
        larger = range(3, min(self._max_size, a + 1) + 1)
        counts = [comb(a, size) + comb(b, size - 1) for size in larger]
        sizes = (float(self.item_count), float(pair_count), *map(float, counts))[: self._max_size]
        rules = sum(count * self._splits(size) for size, count in enumerate(sizes, start=1))
        return Expected(sizes, rules, is_exact=False)

    def _splits(self, size: int) -> int:
        """Count the rules of one itemset."""
        largest = min(self._config.max_consequent_size, size - 1)
        return sum(comb(size, right) for right in range(1, largest + 1))

    @cached_property
    def _searched(self) -> Expected | None:
        """Return what a bounded search finds; None where it has to give up."""
        try:
            found = mine_itemsets(
                self._all_baskets,
                self.min_count,
                self._max_size,
                "fpgrowth",
                threads=self._threads,
                most=SEARCHED_ITEMSETS,
            )
        except TooManyItemsetsError:
            return None
        self.found = found
        thresholds = Thresholds(self._config.min_confidence, 0.0, self.basket_count)
        rules = count_rules(found, Sides(self._config.max_consequent_size), thresholds)
        sizes = np.diff(found.firsts, prepend=0)[1:]
        return Expected(tuple(map(float, sizes)), float(len(rules.joint_counts)), is_exact=True)

    def _walked(self) -> Expected:
        """Return the mean of many walks as the expected numbers for every size."""
        generator, sums = np.random.default_rng(0), _Sums()
        walks = visited = 0
        while walks < WALKS and (walks < WALKS_AT_LEAST or visited < WALK_ITEMS):
            pair = self.pairs[generator.integers(len(self.pairs))]
            walks += 1
            visited += self._walk(pair.tolist(), generator, sums)
        scale = len(self.pairs) / walks
        larger = [scale * sums.itemsets[size] for size in sorted(sums.itemsets)]
        rules = scale * sum(weight * self._splits(size) for size, weight in sums.rules.items())
        sizes = (float(self.item_count), float(len(self.pairs)), *larger)[: self._max_size]
        return Expected(sizes, rules, is_exact=False)

    def _walk(self, itemset: list[int], generator: np.random.Generator, sums: _Sums) -> int:
        """Add to the sums what one walk finds; return how many items it read.

        Of the splits of an itemset the walk sees those with one item on the right; the share of
        them that is confident stands for the others, which it overrates: these are less confident.
        """
        rows = self._baskets_with(itemset)
        visited, weight = 0, 1.0
        sums.add_rules(2, self._confident_pairs(itemset, len(rows)))
        while len(itemset) < self._max_size:
            items, places = self._items_of(rows)
            visited += len(items)
            counts = np.bincount(items, minlength=self.item_count)
            counts[itemset] = 0
            choices = np.flatnonzero(counts >= self.min_count)
            if len(choices) == 0:
                break
            is_confident = counts[choices] >= self._least[len(rows)]
            itemset.append(int(generator.choice(choices)))
            weight *= len(choices) / len(itemset)
            sums.add_itemsets(len(itemset), weight)
            sums.add_rules(len(itemset), weight * float(is_confident.mean()))
            rows = rows[places[items == itemset[-1]]]
        return visited

    def _confident_pairs(self, pair: list[int], joint_count: int) -> float:
        least = self._least[self.baskets.item_counts[pair]]
        return float((joint_count >= least).mean())

    @cached_property
    def _least(self) -> Int64s:
        """Smallest joint count of a rule, by the count of its left side."""
        largest = int(self.baskets.item_counts.max(initial=0))
        return least_parts(np.arange(largest + 1), self._config.min_confidence)

    @cached_property
    def _rows_of_items(self) -> tuple[Int32s, Int64s]:
        from pipeline.mining.kernels.vertical import rows_of_items

        order = np.arange(self.baskets.basket_count)
        codes, offsets = self.baskets.item_codes, self.baskets.basket_offsets
        return rows_of_items(codes, offsets, order, self.item_count)

    def _baskets_with(self, pair: list[int]) -> Int64s:
        rows, starts = self._rows_of_items
        left, right = (rows[starts[item] : starts[item + 1]] for item in pair)
        return np.intersect1d(left, right, assume_unique=True).astype(np.int64)

    def _items_of(self, rows: Int64s) -> tuple[Int32s, Int64s]:
        """Return the items of some baskets, and for each item which of these baskets it is in."""
        sizes = self.baskets.sizes[rows]
        offsets = to_offsets(sizes)
        places = np.repeat(np.arange(len(rows)), sizes)
        starts = self.baskets.basket_offsets[rows] - offsets[:-1]
        return self.baskets.item_codes[np.arange(offsets[-1]) + starts[places]], places
