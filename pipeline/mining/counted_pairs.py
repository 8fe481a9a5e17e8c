"""Count pairs with the kernel: from baskets to `joint_counts`, persons included.

The same counts as the SQL files of `joint_counts` and `pair_persons` make, much faster; the SQL
remains for engines without kernels, and as a check.
"""

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.person_baskets import PersonBaskets

if TYPE_CHECKING:
    from pipeline.mining.kernels.pairs import PairCounts


def count_joint(engine: Engine, baskets: PersonBaskets, min_pair_count: int, threads: int) -> int:
    """Build `joint_counts`, persons included, from baskets; return the number of pairs.

    With times both directions of a pair are counted apart, else each pair once with the smaller
    code as the source. `pair_persons` is empty.
    """
    from pipeline.mining.kernels.pairs import count_pairs

    counts = count_pairs(
        baskets.basket_offsets,
        baskets.item_codes,
        baskets.persons,
        baskets.first_at,
        min_pair_count=min_pair_count,
        threads=threads,
    )
    if baskets.first_at is None:
        pairs = _pairs(counts.left, counts.right, counts.joint, counts.persons)
    else:
        pairs = _both_directions(counts, min_pair_count)
    # Persons are counted already: there is none to look up.
    engine.load("pair_persons", pairs.slice(0, 0).drop_columns(["joint_count"]))
    return engine.load("joint_counts", pairs)


def _both_directions(counts: "PairCounts", min_pair_count: int) -> pa.Table:
    forward = _pairs(counts.left, counts.right, counts.forward, counts.forward_persons)
    backward = _pairs(counts.right, counts.left, counts.backward, counts.backward_persons)
    both = pa.concat_tables([forward, backward])
    return both.filter(pc.greater_equal(both["joint_count"], min_pair_count))


def _pairs(sources: Int32s, targets: Int32s, joint: Int64s, persons: Int64s) -> pa.Table:
    return pa.table(
        {
            "source_code": sources,
            "target_code": targets,
            "joint_count": joint,
            "person_count": persons,
        }
    )
