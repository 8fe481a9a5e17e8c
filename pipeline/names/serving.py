"""Tables that pages show as they are."""

from pipeline.names.schema import Column, Table, count, identifier, measure

_PAGE = (
    Column("placement", "string", "Name of the placement in the configuration."),
    Column("source_kind", "string", "What the page is about: `item`, `category` or `segment`."),
    identifier("source_id", "Item id, category path (of any level) or segment of the page."),
    Column(
        "customer_segment",
        "string",
        "Whom the page is for: an RFM segment that has a list of its own, else `everyone`.",
    ),
)
_KEY = ("placement", "source_kind", "source_id", "customer_segment")
_SORT = ", ".join(f"{name} asc" for name in _KEY)
_EVIDENCE = (
    Column(
        "source",
        "string",
        "Where the row is from: `manual`, `rule:<name>`, `mined:<relation>`, `fallback:<kind>`.",
    ),
    count("evidence_count", "What the reason rests on, as it says.", is_nullable=True),
    measure("share", "Share that the reason names, 0 to 1.", is_nullable=True),
    measure("lift", "Lift of the mined row.", is_nullable=True),
    measure("q_value", "q-value of the mined row.", is_nullable=True),
    Column("reason", "string", "Why the row is there, as a sentence."),
)

RECOMMENDATIONS = Table(
    "recommendations",
    "one row per placement, page and rank",
    (*_KEY, "rank"),
    (
        *_PAGE,
        count("rank", "Place on the page, from 1."),
        Column("relation", "string", "Relation type whose slot it takes."),
        count("relation_rank", "Place among the rows of the relation type, from 1."),
        identifier("target_item_id", "The item that is shown."),
        *_EVIDENCE,
    ),
    sort=f"{_SORT}, rank asc",
    best=f"rank asc, {_SORT}",
    ranked_within=_KEY,
)

RECOMMENDATION_LISTS = Table(
    "recommendation_lists",
    "one row per placement and page with something to show",
    _KEY,
    (
        *_PAGE,
        Column(
            "target_item_ids", "list<string>", "Items to show, from the first slot to the last."
        ),
        Column("relations", "list<string>", "Relation type of each of them."),
    ),
    sort=_SORT,
    best=_SORT,
)

CART_PAIRS = Table(
    "cart_pairs",
    "one row per placement, relation type, item in the cart and item that goes with it",
    ("placement", "relation", "source_item_id", "target_item_id"),
    (
        Column("placement", "string", "Name of the placement in the configuration."),
        Column("relation", "string", "Relation type whose slots it may take."),
        count("slot_count", "Slots of the relation type on the page."),
        identifier("source_item_id", "An item of the cart."),
        count("rank", "1 is best for this one item."),
        identifier("target_item_id", "An item to show."),
        count("tier", "0 manual, 1 by a rule, 2 mined, 3 a fallback: smaller ones come first."),
        measure("weight", "What is added up over the items of a cart: share, or 0 without one."),
        *_EVIDENCE,
    ),
    sort="placement asc, relation asc, source_item_id asc, rank asc",
    best="rank asc, weight desc, source_item_id asc, placement asc, relation asc",
    ranked_within=("placement", "relation", "source_item_id"),
)
