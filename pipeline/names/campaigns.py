"""Tables for campaigns: whom to offer what, and what to sell as one."""

from pipeline.names.schema import WINDOW, Column, Table, count, identifier, measure

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
