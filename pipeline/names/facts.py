"""Tables of plain facts: items, rejected lines, figures of the run."""

from pipeline.names.schema import ITEM_LEVEL, Column, Table, at, count, identifier, measure

ITEM_STATS = Table(
    "item_stats",
    "one row per item that the orders, the browse log or the catalogue names",
    ("item_id",),
    (
        identifier("item_id", "The item."),
        identifier("product_id", "Its parent in the catalogue.", is_nullable=True),
        Column("name", "string", "Name in the catalogue.", is_nullable=True),
        Column("category", "string", "Category path in the catalogue.", is_nullable=True),
        Column("brand", "string", "Brand in the catalogue.", is_nullable=True),
        measure("price", "Price in the catalogue.", is_nullable=True),
        count("stock", "Stock in the catalogue.", is_nullable=True),
        Column("is_listed", "boolean", "Whether the catalogue names it."),
        Column(
            "attributes",
            "list<string>",
            "Attributes of the catalogue as `name=value`, by name; NULL where it has none.",
            is_nullable=True,
        ),
        count("order_count", "Orders that hold the item."),
        count(
            "customer_count",
            "Known customers who bought it; NULL below privacy.min_group_size.",
            is_nullable=True,
        ),
        measure("quantity", "Net quantity sold."),
        measure("revenue", "Net sum of its sale lines; NULL without prices.", is_nullable=True),
        at("first_sold_at", "First sale.", is_nullable=True),
        at("last_sold_at", "Last sale.", is_nullable=True),
        count("view_count", "Views of it, reloads included."),
        count(
            "visitor_count",
            "Visitors who viewed it; NULL below privacy.min_group_size.",
            is_nullable=True,
        ),
        ITEM_LEVEL,
    ),
    sort="item_id asc",
    best="order_count desc, item_id asc",
    hides_small_groups=True,
)

QUARANTINE = Table(
    "quarantine",
    "one row per physical line that could not be read",
    ("source", "file", "line"),
    (
        Column("source", "string", "`orders`, `events` or `catalogue`."),
        Column("file", "string", "Input file, relative to the configuration."),
        count("line", "Line in the file (row number for Parquet), from 1."),
        Column("reason", "string", "Why the line was rejected."),
        Column(
            "raw_text",
            "string",
            "The line; letters are x and digits 9 unless privacy.mask_rejects is off.",
        ),
    ),
    sort="source asc, file asc, line asc",
    best="source asc, file asc, line asc",
)

RUN_SUMMARY = Table(
    "run_summary",
    "one row per figure of the run",
    ("section", "subject", "name"),
    (
        Column("section", "string", "`input`, `cleaning`, `baskets` or `tables`."),
        Column("subject", "string", "The source or table that the figure is about."),
        Column("name", "string", "What is counted."),
        count("count", "The figure, where it is a count.", is_nullable=True),
        measure("share", "The figure, where it is a share between 0 and 1.", is_nullable=True),
    ),
    sort="section asc, subject asc, name asc",
    best="section asc, subject asc, name asc",
)
