"""Mine what the tables of itemsets and rules need, and no more."""

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Baskets, Int32s
from pipeline.mining.item_limits import mine_containing
from pipeline.mining.itemsets import Itemsets, mine_itemsets


def mine_wanted(
    baskets: Baskets, must_contain: Int32s, limits: tuple[int, int], config: Mining, *, threads: int
) -> Itemsets:
    """Find the frequent itemsets that contain given items, and all subsets of these.

    Closed and maximal itemsets are told by their supersets, so for these itemsets of one item
    more than asked are found too.

    Args:
        baskets: Baskets without the items that are not wanted.
        must_contain: Codes of the items that an itemset must contain.
        limits: Smallest number of baskets, and most itemsets.
        config: Miner, target and largest size.
        threads: Threads of our miner.

    Raises:
        TooManyItemsetsError: There are more itemsets than that.
    """
    min_count, most = limits
    max_size = config.max_itemset_size + (config.target != "frequent")

    def mine(searched: Baskets) -> Itemsets:
        return mine_itemsets(
            searched,
            min_count,
            max_size,
            config.algorithm,
            miner=config.miner,
            threads=threads,
            most=most,
        )

    return mine_containing(baskets, must_contain, max_size, mine)
