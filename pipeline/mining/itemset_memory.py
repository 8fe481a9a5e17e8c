"""How much memory mining would take, told before it starts.

Three looks, each only if the one before it cannot say that mining fits:

1. as if every two frequent items were a frequent pair,
2. with the exact number F_2 of frequent pairs: both bound the itemsets of each size k by
   Kruskal and Katona, C(a, k) + C(b, k - 1) where F_2 = C(a, 2) + b and 0 <= b < a;
3. by chance: walk from a random frequent pair, adding a random item that keeps the itemset
   frequent. With b_j choices at size j, F_k = 2 F_2 / k! times the mean of b_2 b_3 ... b_(k-1),
   because each itemset is reached in k! orders. The walks are seeded: same input, same answer.

From the itemsets of each size follow the rules (all of them: thresholds are not looked at), and
from both the bytes. The constants were fitted to the growth of whole processes (resident set at
its peak, two threads, any rule kept from confidence 0.1); no estimate is below its peak:

    data and support       miner              itemsets      rules   peak MB   estimate MB
    groceries 0.1 %        kernel fpgrowth      13,492     32,783        62           124
    retail 0.1 %           kernel fpgrowth       7,589      8,249        80           121
    retail 0.1 %           kernel apriori        7,589      8,249        81           185
    retail 0.1 %           mlxtend fpgrowth      7,589      8,249       247           369
    retail 0.1 %           mlxtend apriori       7,589      8,249       449           488
    retail 0.01 %          kernel fpgrowth     240,852    510,218       574           626
    T10I4D100K 0.1 %       kernel fpgrowth      27,532     80,902       169           236
    T10I4D100K 0.1 %       mlxtend fpgrowth     27,532     80,902       425           643
    mushroom 20 %          kernel fpgrowth      53,583    380,999       504           646
    mushroom 20 %          mlxtend apriori      53,583    380,999       486           746
    chess 60 %             kernel fpgrowth     254,944  1,878,035     2,171         2,813

Source:
    Geerts, Goethals and Van den Bussche, A Tight Upper Bound on the Number of Candidate
    Patterns, ICDM 2001; Knuth, Estimating the Efficiency of Backtrack Programs, 1975.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import comb, isqrt
from typing import Any

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.errors import ConfigError
from pipeline.mining.baskets import Baskets, Int64s, keep_frequent_items, to_offsets
from pipeline.mining.kernel_miner import BLOCK_BYTES
from pipeline.mining.sparse_pairs import joint_counts_by_slice, presence_matrix
from pipeline.mining.thresholds import rounded_up

BASE_BYTES = 64 * 2**20
NODE_BYTES = 600
INCIDENCE_BYTES = 60
ITEMSET_BYTES = 300
APRIORI_ITEMSET_BYTES = 1500
RULE_BYTES = 1150
MEGABYTE = 2**20
WALKS = 1000
WALKS_AT_LEAST = 50
WALK_ITEMS = 10_000_000


def check_memory(baskets: Baskets, min_count: int, config: Mining) -> None:
    """Refuse a threshold whose mining would need more memory than configured.

    Raises:
        ConfigError: It would not fit; the message names the need and a threshold that fits.
    """
    needed = estimate_megabytes(baskets, min_count, config)
    if needed > config.max_memory_mb:
        raise ConfigError(_refusal(baskets, min_count, config, needed))


def estimate_megabytes(baskets: Baskets, min_count: int, config: Mining) -> float:
    """Return the memory that itemsets and rules are estimated to need, in megabytes."""
    frequent, item_codes = keep_frequent_items(baskets, min_count)
    search = _Search(frequent, len(item_codes), min_count, config.max_itemset_size)
    mining = _mining_bytes(search, config)
    needed = mining
    for counts in search.looks():
        needed = mining + _result_bytes(counts, config)
        if needed <= config.max_memory_mb * MEGABYTE:
            break
    return needed / MEGABYTE


@dataclass(frozen=True)
class _Search:
    """The frequent items of a data set, and the itemsets that are expected over them."""

    baskets: Baskets
    item_count: int
    min_count: int
    max_size: int

    def looks(self) -> Iterator[list[float]]:
        """Yield the expected number of itemsets of size 1, 2, ..., each list a closer look."""
        yield self._bounded(comb(self.item_count, 2))
        yield self._bounded(len(self.pairs))
        yield self._walked()

    def _bounded(self, pair_count: int) -> list[float]:
        """Return the bound of Kruskal and Katona for every size."""
        a = (1 + isqrt(1 + 8 * pair_count)) // 2
        b = pair_count - comb(a, 2)
        sizes = range(3, min(self.max_size, a + 1) + 1)
        larger = [float(comb(a, size) + comb(b, size - 1)) for size in sizes]
        return [float(self.item_count), float(pair_count), *larger][: self.max_size]

    @cached_property
    def _matrix(self) -> Any:  # noqa: ANN401 - untyped library
        return presence_matrix(self.baskets, self.item_count)

    @cached_property
    def _baskets_of_items(self) -> Any:  # noqa: ANN401 - untyped library
        return self._matrix.T.tocsr()

    @cached_property
    def pairs(self) -> Int64s:
        """Frequent pairs, one a row, counted exactly."""
        found = [np.zeros((0, 2), dtype=np.int64)]
        for start, joint in joint_counts_by_slice(self._matrix):
            left, right = joint.row + start, joint.col
            is_pair = (joint.data >= self.min_count) & (left < right)
            found.append(np.column_stack([left[is_pair], right[is_pair]]))
        pairs = np.concatenate(found).astype(np.int64)
        return pairs[np.lexsort(pairs.T[::-1])]

    def _walked(self) -> list[float]:
        """Return the mean of many walks as the expected number for every size."""
        generator = np.random.default_rng(0)
        sums: dict[int, float] = {}
        walks = visited = 0
        while walks < WALKS and (walks < WALKS_AT_LEAST or visited < WALK_ITEMS):
            pair = self.pairs[generator.integers(len(self.pairs))]
            walks += 1
            visited += self._walk(pair.tolist(), generator, sums)
        larger = [len(self.pairs) * sums[size] / walks for size in sorted(sums)]
        return [float(self.item_count), float(len(self.pairs)), *larger][: self.max_size]

    def _walk(
        self, itemset: list[int], generator: np.random.Generator, sums: dict[int, float]
    ) -> int:
        """Add to the sums of each size what one walk finds; return how many items it read."""
        rows = self._baskets_with(itemset)
        visited, weight = 0, 1.0
        while len(itemset) < self.max_size:
            items, places = self._items_of(rows)
            visited += len(items)
            counts = np.bincount(items, minlength=self.item_count)
            counts[itemset] = 0
            choices = np.flatnonzero(counts >= self.min_count)
            if len(choices) == 0:
                break
            itemset.append(int(generator.choice(choices)))
            weight *= len(choices) / len(itemset)
            sums[len(itemset)] = sums.get(len(itemset), 0.0) + weight
            rows = rows[places[items == itemset[-1]]]
        return visited

    def _baskets_with(self, pair: list[int]) -> Int64s:
        bounds = self._baskets_of_items.indptr
        left, right = (
            self._baskets_of_items.indices[bounds[item] : bounds[item + 1]] for item in pair
        )
        return np.intersect1d(left, right, assume_unique=True)

    def _items_of(self, rows: Int64s) -> tuple[Int64s, Int64s]:
        """Return the items of some baskets, and for each item which of these baskets it is in."""
        sizes = self.baskets.sizes[rows]
        offsets = to_offsets(sizes)
        places = np.repeat(np.arange(len(rows)), sizes)
        starts = self.baskets.basket_offsets[rows] - offsets[:-1]
        return self.baskets.item_codes[np.arange(offsets[-1]) + starts[places]], places


def _mining_bytes(search: _Search, config: Mining) -> float:
    """Return what the miner needs beside its results.

    The kernels keep the baskets by basket and by item, and Apriori a block of bits; mlxtend a
    tree of prefixes, or dense columns.
    """
    incidences = float(BASE_BYTES + INCIDENCE_BYTES * len(search.baskets.item_codes))
    if config.miner == "kernel":
        return incidences + (BLOCK_BYTES if config.algorithm == "apriori" else 0)
    if config.algorithm == "apriori":
        return incidences + 2 * search.baskets.basket_count * search.item_count
    return incidences + NODE_BYTES * _prefix_count(search.baskets, search.item_count)


def _prefix_count(baskets: Baskets, item_count: int) -> int:
    """Count the distinct beginnings of baskets: the nodes of the FP-tree."""
    starts, sizes = baskets.basket_offsets[:-1], baskets.sizes
    prefixes = np.zeros(len(sizes), dtype=np.int64)
    total = 0
    for depth in range(int(sizes.max(initial=0))):
        is_longer = sizes > depth
        starts, sizes, prefixes = starts[is_longer], sizes[is_longer], prefixes[is_longer]
        keys = prefixes * item_count + baskets.item_codes[starts + depth]
        distinct, prefixes = np.unique(keys, return_inverse=True)
        total += len(distinct)
    return total


def _result_bytes(counts: list[float], config: Mining) -> float:
    """Return what itemsets and their rules need, if every rule passes its thresholds."""
    has_frames = config.miner == "mlxtend" and config.algorithm == "apriori"
    itemset_bytes = ITEMSET_BYTES + (APRIORI_ITEMSET_BYTES if has_frames else 0)
    return sum(
        count * (itemset_bytes + RULE_BYTES * _rules_of(size, config.max_consequent_size))
        for size, count in enumerate(counts, start=1)
    )


def _rules_of(size: int, max_consequent_size: int) -> int:
    """Count the rules of one itemset."""
    return sum(comb(size, right) for right in range(1, min(max_consequent_size, size - 1) + 1))


def _refusal(baskets: Baskets, min_count: int, config: Mining, needed: float) -> str:
    fitting = _fitting_count(baskets, min_count, config)
    basket_count = baskets.basket_count
    if config.min_support is None:
        asked, better = f"mining.min_count {min_count}", f"{fitting}"
    else:
        asked, better = (
            f"mining.min_support {config.min_support}",
            rounded_up(fitting, basket_count),
        )
    return (
        f"{asked} would need about {needed:,.0f} MB for {basket_count:,} baskets, more than "
        f"mining.max_memory_mb {config.max_memory_mb}; {better} would fit: raise the threshold "
        "to that, lower mining.max_itemset_size, or raise mining.max_memory_mb"
    )


def _fitting_count(baskets: Baskets, min_count: int, config: Mining) -> int:
    """Return a minimum count that fits, about the smallest, by halving the steps upwards."""
    too_low, fits = min_count, int(baskets.item_counts.max()) + 1
    while fits > too_low + 1 and fits > 1.05 * too_low:
        middle = (too_low + fits) // 2
        if estimate_megabytes(baskets, middle, config) <= config.max_memory_mb:
            fits = middle
        else:
            too_low = middle
    return fits
