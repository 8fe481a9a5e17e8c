"""What sells best in the shop and in each customer segment, as arrays: from `popular_items`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from pipeline.config.serving_options import EVERYONE
from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, labels

TABLE = "popular_items"
QUANTITY_UNIT = 10_000
"""Quantities have four decimal places."""
_ROWS = """
select
    item_id, customer_segment, segment_rank, order_count, recent_order_count,
    coalesce(previous_order_count, -1) as previous_order_count, quantity, day_count
from popular_items
"""
_COUNTS = ("order_count", "recent_order_count", "previous_order_count")


@dataclass(frozen=True)
class Popularity:
    """Rows of `popular_items`, the best seller of an audience first.

    Attributes:
        items: Number of the item.
        audiences: Number of the audience in the list that was asked for, ascending.
        order_counts: Orders in the popularity window.
        recent_counts: Orders in the trend window.
        previous_counts: Orders in the window before it, NONE where they are not known.
        quantities: Units sold in the popularity window, in ten-thousandths.
        day_counts: Days of that window.
    """

    items: Int32s
    audiences: Int32s
    order_counts: Int64s
    recent_counts: Int64s
    previous_counts: Int64s
    quantities: Int64s
    day_counts: Int64s

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.items)

    def taken(self, rows: Int64s | Bools) -> "Popularity":
        """Return some rows, by place or by mark."""
        return Popularity(*(getattr(self, field.name)[rows] for field in fields(self)))


def read_popularity(setting: Setting, audiences: Sequence[str] = (EVERYONE,)) -> Popularity:
    """Return the rows of some audiences, by audience and rank.

    Args:
        setting: Holds `popular_items`.
        audiences: EVERYONE or customer segments; one without rows has none.
    """
    batches = list(setting.engine.batches(_ROWS))
    columns = {
        name: np.concatenate(
            [np.zeros(0, np.int64), *(batch[name].to_numpy().astype(np.int64) for batch in batches)]
        )
        for name in ("segment_rank", *_COUNTS, "day_count")
    }
    ids, segments = (
        pa.chunked_array([batch[name] for batch in batches], pa.string())
        for name in ("item_id", "customer_segment")
    )
    quantity = np.concatenate([np.zeros(0), *(batch["quantity"].to_numpy() for batch in batches)])
    items, known = setting.shelf.numbers_of(ids), labels(segments)
    places = {text: place for place, text in enumerate(audiences)}
    of_texts = np.array([*(places.get(text, NONE) for text in known.texts), NONE], np.int32)
    found = Popularity(
        items,
        of_texts[known.codes],
        columns["order_count"],
        columns["recent_order_count"],
        columns["previous_order_count"],
        np.rint(quantity * QUANTITY_UNIT).astype(np.int64),
        columns["day_count"],
    )
    order = np.lexsort((columns["segment_rank"], found.audiences))
    return found.taken(order[(found.audiences[order] != NONE) & (items[order] != NONE)])


def preferred_items(setting: Setting) -> Int32s:
    """Return every item: what sold in the popularity window first, the best seller first.

    The others, and all where `popular_items` is not given, follow their orders of all time.
    """
    every = np.arange(len(setting.shelf), dtype=np.int32)
    if TABLE not in setting.given:
        return every
    sold = read_popularity(setting)
    first = sold.items[sold.order_counts > 0]
    is_left = np.ones(len(every), np.bool_)
    is_left[first] = False
    return np.concatenate([first, every[is_left]])
