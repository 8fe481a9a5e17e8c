"""Count pairs with the kernel: from `pair_baskets` to `joint_counts` and `pair_persons`.

The same tables as the SQL files of these names make, much faster; the SQL remains for engines
without kernels, and as a check.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Int32s, Int64s, is_first, packed, to_offsets
from pipeline.mining.columns import read_columns

if TYPE_CHECKING:
    from pipeline.mining.kernels.pairs import PairCounts

_LINES = """
select
    basket_code, item_code, coalesce(person_code, -9223372036854775808) as person_code,
    cast(0 as bigint) as first_at
from pair_baskets
"""
_TIMED_LINES = _LINES.replace("cast(0 as bigint) as first_at", "first_at")


@dataclass(frozen=True)
class PersonBaskets:
    """Baskets in compressed rows, each of one person.

    Attributes:
        basket_offsets: Start of each basket, and the end of the last.
        item_codes: Items of all baskets, ascending inside a basket.
        persons: Person of each basket, the smallest BIGINT where unknown.
        first_at: When each item came into its basket; None where that does not matter.
    """

    basket_offsets: Int64s
    item_codes: Int32s
    persons: Int64s
    first_at: Int64s | None


def read_person_baskets(engine: Engine, *, is_timed: bool) -> PersonBaskets | None:
    """Read `pair_baskets` as arrays; None where some basket is of several persons.

    Only faulty orders name several customers; then a person must be known line by line, which
    the SQL does.
    """
    basket_codes, item_codes, line_persons, first_at = _read_lines(engine, is_timed=is_timed)
    order = np.argsort(packed(basket_codes, item_codes, int(item_codes.max(initial=0)) + 1))
    basket_codes, line_persons = basket_codes[order], line_persons[order]
    starts = np.flatnonzero(is_first(basket_codes))
    sizes = np.diff(np.append(starts, len(basket_codes)))
    persons = line_persons[starts]
    if not np.array_equal(np.repeat(persons, sizes), line_persons):
        return None
    times = first_at[order] if is_timed else None
    return PersonBaskets(to_offsets(sizes), item_codes[order], persons, times)


def _read_lines(engine: Engine, *, is_timed: bool) -> tuple[Int64s, Int32s, Int64s, Int64s]:
    kinds = {
        "basket_code": "int64",
        "item_code": "int32",
        "person_code": "int64",
        "first_at": "int64",
    }
    return read_columns(engine, _TIMED_LINES if is_timed else _LINES, kinds)


def count_joint(engine: Engine, baskets: PersonBaskets, min_pair_count: int, threads: int) -> int:
    """Build `joint_counts` and `pair_persons` from baskets; return the number of pairs.

    With times both directions of a pair are counted apart, else each pair once with the smaller
    code as the source. `pair_persons` holds every joint pair, not only candidates.
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
    engine.load("pair_persons", pairs.drop_columns(["joint_count"]))
    return engine.load("joint_counts", pairs.drop_columns(["person_count"]))


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
