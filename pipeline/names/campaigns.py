"""Tables for campaigns: whom to offer what, and what to sell as one."""

from pipeline.names.schema import WINDOW, Column, Table, bounded, count, identifier, measure

CAMPAIGN_TARGETS = Table(
    "campaign_targets",
    "one row per campaign, customer and offered item",
    ("campaign", "customer_id", "item_id"),
    (
        Column("campaign", "string", "Name of the campaign."),
        Column("kind", "string", "`cross_sell`, `viewed_not_bought` or `repurchase_due`."),
        identifier("customer_id", "The customer."),
        identifier("item_id", "The item that is offered."),
        count(
            "offer_rank",
            "1 is best of all offers to the same one: offer_score, joint_count, campaign, item id.",
        ),
        Column("arm", "string", "`treated`, or `control`: not to be contacted, to compare with."),
        Column("channel", "string", "How to reach the customer."),
        Column("segment", "string", "The customer's segment of rfm_segments.", is_nullable=True),
        identifier(
            "source_item_id",
            "Item of the customer on which a cross-sell rests; NULL for other kinds.",
            is_nullable=True,
        ),
        Column(
            "evidence",
            "string",
            "Table whose row the offer rests on: `bought_next`, `also_bought`, "
            "`view_then_bought` or `repurchase_cycle`.",
        ),
        count(
            "joint_count",
            "Customers (also_bought: baskets) of evidence_count who bought the offered item, or "
            "bought it again; 0 where the row is unknown.",
        ),
        count("evidence_count", "Customers, baskets or viewers that joint_count is a part of."),
        count(
            "days_since",
            "Days to as_of from the first purchase of source_item_id in the window, from the "
            "last view of the item, or from its last purchase.",
        ),
        count("view_count", "Views of the item, for `viewed_not_bought`.", is_nullable=True),
        measure(
            "expected_probability",
            "Share who buy: joint_count / evidence_count, drawn to the share of all customers.",
        ),
        measure("recency_weight", "1 for somebody active today, half each half-life."),
        measure("timing_weight", "1 between the quartiles of the gap, less outside of them."),
        measure("offer_score", "expected_probability x recency_weight x timing_weight: it ranks."),
        measure("price", "Price in the catalogue.", is_nullable=True),
        measure(
            "expected_value", "expected_probability x price; NULL without it.", is_nullable=True
        ),
        count("order_count", "Orders before as_of of the one who is offered it."),
        Column("reason", "string", "Why, as a sentence for people."),
        *WINDOW,
    ),
    sort="campaign asc, customer_id asc, item_id asc",
    best="offer_score desc, joint_count desc, campaign asc, customer_id asc, item_id asc",
)

BUNDLES = Table(
    "bundles",
    "one row per set of items to sell as one",
    ("bundle_id",),
    (
        identifier("bundle_id", "Stable id of the set: the same items have it in every run."),
        Column("items", "list<string>", "Item ids of the set, ascending."),
        count("item_count", "Items of the set: 2 to 4."),
        identifier(
            "main_item_id",
            "The item that the others are accessories of, else the dearest; then the best-selling.",
        ),
        Column("kind", "string", "`accessory`, `scene`, `consumable`, `upgrade` or `together`."),
        Column(
            "evidence",
            "string",
            "`frequently_bought_together`, or `also_bought` for a pair of the file of accessories.",
        ),
        count("order_count", "Orders that hold the whole set, whether or not a unit came back."),
        count("main_order_count", "Orders that hold the main item, counted alike."),
        *bounded("attach_rate", "order_count / main_order_count."),
        measure(
            "refund_rate_together",
            "Of the items of orders that hold the whole set, share of which a unit came back.",
        ),
        measure(
            "refund_rate_alone",
            "The same in all other orders; NULL where there are none.",
            is_nullable=True,
        ),
        measure(
            "price_sum", "Sum of the catalogue's prices; NULL where one is not.", is_nullable=True
        ),
        measure(
            "suggested_price",
            "price_sum less the discount, as far as the margin bears it.",
            is_nullable=True,
        ),
        measure("cost_sum", "Sum of the costs; NULL where one is not known.", is_nullable=True),
        measure("margin", "(suggested_price - cost_sum) / suggested_price.", is_nullable=True),
        count(
            "stock_cover_days",
            "Whole days that the stock lasts at the pace of the window, of the item that runs "
            "out first; NULL where one is not known.",
            is_nullable=True,
        ),
        *WINDOW,
    ),
    sort="bundle_id asc",
    best="order_count desc, bundle_id asc",
)
