"""The table that says what kind of link two items have."""

from pipeline.names.schema import WINDOW, Column, Table, count, identifier, measure

_IF_NEXT = "NULL where bought_next does not link the pair"
_IF_KNOWN = "NULL where no customer is known"
_IF_CONTEXT = "NULL where context_rules says nothing of it"

ASSOCIATION_KIND = Table(
    "association_kind",
    "one row per pair of items that also_bought or bought_next links",
    ("left_item_id", "right_item_id"),
    (
        identifier("left_item_id", "The item whose id is first in ascending order."),
        identifier("right_item_id", "The other item."),
        Column(
            "kind",
            "string",
            "`must_go_with`, `before_after`, `place`, `context`, `same_scene` or `same_audience`.",
        ),
        count("order_count", "Orders with both items."),
        count("left_order_count", "Orders with the left item."),
        count("right_order_count", "Orders with the right item."),
        count("basket_count", "All orders, single-item orders included."),
        measure(
            "order_lift",
            "Orders with both / expected if independent; NULL where an item is in no order.",
            is_nullable=True,
        ),
        measure("order_p_value", "Chance of so many orders with both: Fisher, one side, one test."),
        measure("left_share", "order_count / left_order_count.", is_nullable=True),
        measure("right_share", "order_count / right_order_count.", is_nullable=True),
        count("joint_customer_count", f"Customers of both items; {_IF_KNOWN}.", is_nullable=True),
        measure("customer_lift", f"The lift among customers; {_IF_KNOWN}.", is_nullable=True),
        count(
            "same_order_customer_count",
            f"Of these, customers with both in one order; {_IF_KNOWN}.",
            is_nullable=True,
        ),
        measure(
            "same_order_share",
            "same_order_customer_count / joint_customer_count; NULL where there are none.",
            is_nullable=True,
        ),
        identifier(
            "earlier_item_id",
            f"The item that comes first in bought_next, in the clearer direction; {_IF_NEXT}.",
            is_nullable=True,
        ),
        count(
            "next_customer_count",
            f"Its joint_count: customers who bought the other item later; {_IF_NEXT}.",
            is_nullable=True,
        ),
        count("gap_median_days", f"Its median gap; {_IF_NEXT}.", is_nullable=True),
        measure("direction_p_value", f"Its direction_p_value; {_IF_NEXT}.", is_nullable=True),
        Column(
            "context",
            "string",
            f"Context in which the link is clearest the stronger one; {_IF_CONTEXT}.",
            is_nullable=True,
        ),
        Column(
            "context_value", "string", f"Its part of the orders; {_IF_CONTEXT}.", is_nullable=True
        ),
        measure("context_q_value", f"Its q_value; {_IF_CONTEXT}.", is_nullable=True),
        *WINDOW,
    ),
    sort="left_item_id asc, right_item_id asc",
    best="order_count desc, left_item_id asc, right_item_id asc",
)
