"""Items of each interest by customer: both ways of counting against a plain one."""

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mining.interest_counts import count_interests
from pipeline.mining.window import Window
from tests.shops import shop_engine

WINDOW = Window(0, 10)
OF_ITEMS = np.array([1, 0, 1, -1])
LINE = st.tuples(
    st.integers(1, 4),  # order
    st.one_of(st.none(), st.integers(0, 2)),  # customer
    st.one_of(st.none(), st.integers(0, 3)),  # item
    st.integers(8, 11),  # instant, of which the window leaves some out
)
KINDS = {"order_code": pa.int64(), "customer_code": pa.int64(), "item_code": pa.int32()}


def counted(lines: list[tuple[int, int | None, int | None, int]]) -> Counter[tuple[int, int]]:
    """Load sale lines and return the items of each customer and interest."""
    columns = list(zip(*lines, strict=True)) or [(), (), (), ()]
    rows = {name: pa.array(columns[at], kind) for at, (name, kind) in enumerate(KINDS.items())}
    days = pa.array([0] * len(lines), pa.int64())
    instants = pa.array(columns[3], pa.int64())
    shop_engine().load(
        "sale_lines", pa.table({**rows, "ordered_at": instants, "ordered_day": days})
    )
    found = (column.tolist() for column in count_interests(shop_engine(), WINDOW, OF_ITEMS))
    return Counter({(one, code): count for one, code, count in zip(*found, strict=True)})


@given(lines=st.lists(LINE, max_size=25), is_mixed=st.booleans())
def test_an_item_counts_once_for_every_customer_of_an_order(
    lines: list[tuple[int, int | None, int | None, int]], *, is_mixed: bool
) -> None:
    if not is_mixed:
        owners: dict[int, int | None] = {}
        lines = [(one, owners.setdefault(one, who), item, at) for one, who, item, at in lines]
    distinct = {
        (order, customer, item)
        for order, customer, item, at in lines
        if customer is not None and item is not None and at < WINDOW.end and OF_ITEMS[item] >= 0
    }
    expected = Counter((customer, int(OF_ITEMS[item])) for _, customer, item in distinct)
    assert expected == counted(lines)
