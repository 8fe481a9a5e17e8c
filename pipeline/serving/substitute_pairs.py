"""Which items people buy instead of each other, in either direction."""

import numpy as np

from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.mining.keys import is_first
from pipeline.serving.evidence import Evidence, no_pairs, pairs_of, read_evidence
from pipeline.serving.lists import ranges_of
from pipeline.serving.setting import Setting

SWITCHES = """
select
    source_item_id, target_item_id, rank, n_buyers as n, order_lift as lift,
    null as q_value, pct_of_buyers / 100 as share, pct_of_buyers / 100 as score
from substitutes
"""


def substitute_ranges(setting: Setting) -> tuple[Int64s, Int64s, Int32s]:
    """Return the substitutes of every item, symmetric and each once.

    Returns:
        Where the substitutes of each item start and end, by its number; and their numbers,
        ascending within an item. There are none where the table `substitutes` is not given.
    """
    pairs = both_ways(substitutes(setting))
    return (*ranges_of(pairs.sources.astype(np.int64), len(setting.shelf)), pairs.targets)


def substitutes(setting: Setting) -> Evidence:
    """Return the rows of `substitutes`; none where the table is not given."""
    if "substitutes" not in setting.given:
        return no_pairs()
    return read_evidence(setting, SWITCHES)


def both_ways(pairs: Evidence) -> Evidence:
    """Return the pairs in both directions, each once, by source and target, without evidence."""
    sources = np.concatenate([pairs.sources, pairs.targets]).astype(np.int64)
    keys = np.sort(sources << 32 | np.concatenate([pairs.targets, pairs.sources]))
    keys = keys[is_first(keys)]
    return pairs_of((keys >> 32).astype(np.int32), (keys & (2**32 - 1)).astype(np.int32))


def is_among(pairs: Evidence, others: Evidence) -> Bools:
    """Return whether each pair is one of some others, in the same direction."""
    return are_among(keys_of(pairs), keys_of(others))


def are_among(keys: Int64s, others: Int64s) -> Bools:
    """Return whether each key, none of them negative, is one of some others."""
    known = np.append(np.sort(others), -1)
    return np.asarray(known[np.searchsorted(known[:-1], keys)] == keys)


def keys_of(pairs: Evidence) -> Int64s:
    """Return one number for each pair, in the order of sources and targets."""
    return pairs.sources.astype(np.int64) << 32 | pairs.targets.astype(np.int64)
