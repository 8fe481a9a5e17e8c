"""Tables that say how two items belong together: in what order, instead of what."""

from pipeline.names.schema import (
    RULE_ID,
    WINDOW,
    Column,
    Table,
    at,
    bounded,
    count,
    identifier,
    measure,
)

_GAPS = (
    count("gap_lower_days", "Lower quartile of the gaps: a quarter of them is no longer."),
    count("gap_median_days", "Median of the gaps: half of them are no longer."),
    count("gap_upper_days", "Upper quartile of the gaps: three quarters of them are no longer."),
)

BOUGHT_NEXT = Table(
    "bought_next",
    "one row per source item and target item",
    ("source_item_id", "target_item_id"),
    (
        RULE_ID,
        identifier("source_item_id", "The item that was bought first."),
        identifier("target_item_id", "The item that was bought on a later day."),
        count("rank", "1 is best within the source item: lift_low, joint_count, item id."),
        count("joint_count", "Of source_count, customers who bought the target in the gap."),
        count(
            "source_count",
            "Customers whose first purchase of the source leaves max_gap_days before as_of.",
        ),
        count(
            "baseline_target_count",
            "Of baseline_count, customers who bought the target on a later day, within "
            "max_gap_days of their first order.",
        ),
        count("baseline_count", "Customers whose first order leaves max_gap_days before as_of."),
        *bounded("confidence", "joint_count / source_count."),
        measure("baseline_share", "baseline_target_count / baseline_count."),
        measure("lift", "confidence / baseline_share; 1 = the source says nothing of the target."),
        measure("lift_low", "confidence_low / baseline_share: the score that ranks."),
        measure("p_value", "Chance of so high a joint_count if the source said nothing: binomial."),
        measure("q_value", "p_value corrected for all pairs that could have been published."),
        count("reverse_count", "Customers who bought the source after the target, counted alike."),
        measure(
            "direction_p_value",
            "Chance of so many of both counts in this direction if neither came first: binomial.",
        ),
        *_GAPS,
        count("max_gap_days", "Days after the source in which the target counts."),
        *WINDOW,
    ),
    sort="source_item_id asc, rank asc",
    best="lift_low desc, joint_count desc, rule_id asc",
)

REPURCHASE_CYCLE = Table(
    "repurchase_cycle",
    "one row per item that customers buy again",
    ("item_id",),
    (
        identifier("item_id", "The item."),
        count("gap_count", "Gaps in days between two purchases of it by one customer."),
        count("customer_count", "Customers who bought it on two days or more."),
        count("buyer_count", "Customers who bought it."),
        measure("repeat_share", "customer_count / buyer_count."),
        *_GAPS,
        *WINDOW,
    ),
    sort="item_id asc",
    best="gap_count desc, item_id asc",
)

FREQUENTLY_BOUGHT_TOGETHER = Table(
    "frequently_bought_together",
    "one row per source item, with the set that goes best with it",
    ("source_item_id",),
    (
        identifier("set_id", "Stable id of the set: the same items have it in every run."),
        identifier("source_item_id", "The item whose page is looked at; it is in the set."),
        Column("items", "list<string>", "Item ids of the set, ascending."),
        count("item_count", "Items of the set: 2 to 4."),
        count("order_count", "Orders that hold the whole set."),
        count("source_count", "Orders that hold the source item."),
        count("basket_count", "All orders, single-item orders included."),
        measure("support", "order_count / basket_count."),
        *bounded("confidence", "order_count / source_count."),
        measure("set_lift", "Orders with the set / orders expected if its items were independent."),
        measure("least_pair_lift", "Smallest lift of two items of the set: above 1."),
        measure("p_value", "Chance to find source and rest together so often: Fisher, one side."),
        measure("q_value", "p_value times the tests of the set's size and the number of sizes."),
        measure(
            "price_sum", "Sum of the catalogue's prices; NULL where one is not.", is_nullable=True
        ),
        *WINDOW,
    ),
    sort="source_item_id asc",
    best="order_count desc, set_id asc, source_item_id asc",
)

VIEWED_NOT_BOUGHT = Table(
    "viewed_not_bought",
    "one row per customer and item that the customer viewed often and did not buy",
    ("customer_id", "item_id"),
    (
        identifier("customer_id", "The customer."),
        identifier("item_id", "The item."),
        count("view_count", "Views of the item, reloads included."),
        count("session_count", "Sessions with such a view."),
        at("first_viewed_at", "First of these views."),
        at("last_viewed_at", "Last of these views."),
        measure("price", "Price in the catalogue.", is_nullable=True),
        at("bought_start", "From here to window_end the customer did not buy the item."),
        *WINDOW,
    ),
    sort="customer_id asc, item_id asc",
    best="view_count desc, last_viewed_at desc, customer_id asc, item_id asc",
)

ATTACH_RATE = Table(
    "attach_rate",
    "one row per source item, category and month with an order of the item",
    ("source_item_id", "category", "month"),
    (
        identifier("source_item_id", "The item."),
        Column("category", "string", "Category of other items in the same order."),
        Column("month", "string", "Month on the clocks of the run, such as `2011-11`."),
        count("order_count", "Orders of the month with the source item."),
        count("attached_count", "Of these, orders with another item of the category."),
        *bounded("attach_rate", "attached_count / order_count."),
        measure("baseline_share", "Share of all orders of the month that hold the category."),
        count("category_rank", "1 is best within the source item: lift_low, then orders, name."),
        count("total_order_count", "Orders of the window with the source item."),
        count("total_attached_count", "Of these, orders with another item of the category."),
        measure(
            "lift_low",
            "Lower bound of the window's attach rate / share of all its orders with the category.",
        ),
        *WINDOW,
    ),
    sort="source_item_id asc, category_rank asc, month asc",
    best="lift_low desc, source_item_id asc, category asc, month desc",
)

SUBSTITUTES = Table(
    "substitutes",
    "one row per source item and target item that is bought instead",
    ("source_item_id", "target_item_id"),
    (
        RULE_ID,
        identifier("source_item_id", "The item that was viewed."),
        identifier("target_item_id", "The item that was bought instead."),
        count("rank", "1 is best within the source item: pct_of_buyers, switch_count, item id."),
        count("session_count", "Sessions that show both items."),
        count("visitor_count", "Visitors of these sessions."),
        count("n_viewers", "Visitors who viewed the source item and whose horizon has closed."),
        count("n_buyers", "Of these, visitors who bought anything within the horizon."),
        count("switch_count", "Of these, visitors who had the target in their last order."),
        measure("pct_of_buyers", "As in view_then_bought, which lists fewer targets."),
        count("order_count", "Orders that hold both items."),
        count("source_order_count", "Orders that hold the source item."),
        count("target_order_count", "Orders that hold the target item."),
        count("basket_count", "All orders, single-item orders included."),
        measure("order_lift", "Orders with both / expected if independent: below 1."),
        measure("p_value", "Chance to find both in so few orders: Fisher, lower side."),
        Column("horizon", "string", "Time in which a purchase counts: days, or `session`."),
        *WINDOW,
    ),
    sort="source_item_id asc, rank asc",
    best="switch_count desc, rule_id asc",
)
