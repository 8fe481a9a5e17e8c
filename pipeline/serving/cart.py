"""Scored pairs for the cart: what an item there speaks for, to be added up by the shop."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.config.serving_options import Placement, Slots
from pipeline.serving.shown import Shown, evidence_columns, pieces_of

TIERS: Final = ("manual", "rule", "mined", "fallback")
"""Kinds of origins, those that come first first."""


def single_groups(placement: Placement, target_count: int) -> list[tuple[Slots, int]]:
    """Return each relation type of a cart as a page of its own, with its slots on the cart page.

    Args:
        placement: The cart.
        target_count: Targets that each item of the cart speaks for.
    """
    wanted = sorted(placement.slots, key=lambda one: one.relation)
    return [(one.model_copy(update={"count": target_count}), one.count) for one in wanted]


def cart_rows(table: Shown, slot_count: int, item_ids: pa.Array) -> Iterator[pa.Table]:
    """Yield the rows of `cart_pairs` of one relation type, in order.

    Args:
        table: What each item speaks for.
        slot_count: Slots of the relation type on the cart page.
        item_ids: Id of each item.
    """
    tiers = np.array([TIERS.index(one.split(":")[0]) for one in table.origins], np.int64)
    for begin, end in pieces_of(table):
        rows = slice(int(table.page_starts[begin]), int(table.page_starts[end]))
        of_rows = np.repeat(table.pages[begin:end, 0], table.sizes[begin:end])
        count = len(of_rows)
        yield pa.table({
            "placement": pa.repeat(table.name, count),
            "relation": pa.repeat(table.relations[0] if table.relations else "", count),
            "slot_count": np.full(count, slot_count),
            "source_item_id": table.sources.id_array.take(pa.array(of_rows)),
            "rank": table.group_ranks[rows],
            "target_item_id": item_ids.take(pa.array(table.evidence.targets[rows])),
            "tier": tiers[table.lists[rows]],
            "weight": np.nan_to_num(table.evidence.shares[rows]),
            **evidence_columns(table, rows),
        })  # fmt: skip
