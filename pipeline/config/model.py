"""The configuration tree: every option, its default, its unit and its meaning.

`configs/reference.yaml` is written from this module; a test holds the two together.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1, le=36500)]
BasketGrain = Literal["order", "customer_day", "customer"]
ColumnMapping = dict[str, str | list[str]]


class Section(BaseModel):
    """A frozen part of the tree that knows its own keys and refuses others."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Csv(Section):
    """How CSV files are written."""

    delimiter: str = ","
    """One character between fields, or `whitespace` for runs of blanks."""
    quote: str = '"'
    """Character around fields that hold the delimiter; empty for none."""
    header: bool = True
    """True where the first line of each file names its columns."""
    names: list[str] = []
    """Column names of files without a header, in order."""
    encoding: str = "utf-8"
    """Encoding of the text; anything but utf-8 is read by a slower reader."""


class Timestamps(Section):
    """How timestamps are written."""

    formats: list[str] = ["%Y-%m-%d %H:%M:%S"]
    """Accepted formats, tried in order; `iso` takes any ISO 8601 form, `epoch_seconds`,
    `epoch_milliseconds` numbers."""
    zone: str = "UTC"
    """Time zone of timestamps that do not carry one."""


class Lookup(Section):
    """A second file joined to a source before its columns are mapped."""

    files: str | list[str]
    """Path, list of paths, glob or folder, relative to the configuration file."""
    format: Literal["auto", "csv", "parquet", "jsonl"] = "auto"
    """`auto` goes by the file name."""
    csv: Csv = Csv()
    """How CSV files are written."""
    key: str
    """Column that stands in both; unique in the lookup."""
    columns: list[str]
    """Columns taken from the lookup."""


class Source(Section):
    """Where one source stands and how its columns are named."""

    files: str | list[str] = []
    """Path, list of paths, glob or (Hive-partitioned) folder, relative to this file."""
    format: Literal["auto", "csv", "parquet", "jsonl"] = "auto"
    """`auto` goes by the file name."""
    csv: Csv = Csv()
    """How CSV files are written."""
    columns: ColumnMapping = {}
    """Canonical name: column in the file, or a list of columns joined by `|`."""
    integer_ids: list[str] = []
    """Canonical id columns that were written as decimals: `17850.0` is read as `17850`."""
    lookups: list[Lookup] = []
    """Files joined to this source before its columns are mapped."""


class Returns(Section):
    """How returns and cancellations are recognised and netted against sales."""

    by_sign: bool = True
    """A negative quantity is a return."""
    statuses: list[str] = []
    """Values of status that make a line a return."""
    order_id_prefixes: list[str] = []
    """Prefixes of the order id that make a line a return."""
    net: bool = True
    """Take returned quantity off the customer's latest earlier purchases of the item (or of the
    same order, where the customer is not known); false leaves returns out and sales as they are."""


class NonProducts(Section):
    """Lines that are not goods: postage, gift cards, bank charges."""

    item_ids: list[str] = []
    """Item ids left out, compared without letter case."""
    patterns: list[str] = []
    """Regular expressions; an item id that one of them matches from start to end is left out."""


class Orders(Source):
    """Order lines. Canonical columns: order_id, customer_id, item_id, ordered_at, quantity,
    unit_price or amount (of the line), status; event_type where the file is an event log."""

    from_events: bool = False
    """Read the purchases of the event log (files, format, csv, lookups, timestamps of `events`)."""
    order_per_line: bool = False
    """Every line is an order of its own; order_id is not mapped then."""
    timestamps: Timestamps = Timestamps()
    """How ordered_at is written."""
    purchase_types: list[str] = ["purchase"]
    """Values of event_type that are purchases, where event_type is mapped."""
    drop_duplicates: bool = True
    """Keep one of several lines that are equal in every mapped column."""
    cancelled_statuses: list[str] = []
    """Values of status that make a sale void; it is left out without netting."""
    returns: Returns = Returns()
    """Returns and cancellations."""
    keep_zero_prices: bool = False
    """Keep lines of price zero (gifts, write-offs); negative prices are always left out."""
    non_products: NonProducts = NonProducts()
    """Lines that are not goods."""


class EventTypes(Section):
    """Values of event_type by meaning; other values are left out and counted."""

    view: list[str] = ["view"]
    """Product page views."""
    cart: list[str] = ["cart"]
    """Puts into the cart: count for the length of a session only."""
    purchase: list[str] = ["purchase"]
    """Purchases: count for the length of a session only (see orders.from_events)."""


class Bots(Section):
    """Visitors who are no people."""

    drop: bool = True
    """Leave their events out."""
    max_events_per_day: Count = 1000
    """More events than this on one day make a visitor a bot."""
    item_quantile: Annotated[float, Field(gt=0, le=1)] = 0.995
    """A visitor with more distinct items than this share of visitors, and with no order ever, is
    a bot; 1 turns the rule off."""
    min_items: Count = 100
    """The rule of item_quantile spares visitors with at most this many distinct items."""


class Events(Source):
    """Browse log. Canonical columns: visitor_id, customer_id, session_id, item_id, viewed_at,
    event_type."""

    timestamps: Timestamps = Timestamps()
    """How viewed_at is written."""
    event_types: EventTypes = EventTypes()
    """Values of event_type by meaning, where it is mapped; else every event is a view."""
    drop_duplicates: bool = False
    """Keep one of several events that are equal in every mapped column. No table counts a
    repeated view twice, so this matters to the counts of the input only."""
    session_gap_minutes: Count = 30
    """Without session_id: a pause of this length or more opens a new session."""
    bots: Bots = Bots()
    """Visitors who are no people."""


class Catalogue(Source):
    """Catalogue. Canonical columns: item_id, product_id, name, category (one column, or a list
    of columns from the widest to the narrowest), brand, price, stock."""


class Input(Section):
    """Limits that hold for every source."""

    max_reject_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """A source with a larger share of quarantined lines fails the run (exit code 65)."""
    max_record_lines: Count = 20
    """A quoted CSV field may hold line ends; a record longer than this many lines is malformed."""
    merge_letter_case: bool = False
    """Item ids that differ in letter case only are one item, under their most frequent spelling."""


class Mining(Section):
    """Frequent itemsets and association rules."""

    grain: BasketGrain = "order"
    """What a basket is."""
    lookback_days: Days | None = None
    """Length of the window that ends at as_of; null takes everything before as_of."""
    miner: Literal["kernel", "mlxtend"] = "kernel"
    """Our compiled miner, or mlxtend as an independent check; both give the same itemsets."""
    algorithm: Literal["fpgrowth", "apriori"] = "fpgrowth"
    """Both give the same itemsets."""
    min_support: Fraction | None = 0.01
    """Smallest share of baskets; set null to use min_count."""
    min_count: Count | None = None
    """Smallest number of baskets, instead of min_support."""
    max_itemset_size: Annotated[int, Field(ge=1)] = 4
    """Largest number of items in an itemset."""
    max_basket_items: Count = 100
    """Baskets with more distinct items are left out and counted."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Smallest confidence of a rule."""
    min_lift: Annotated[float, Field(ge=0)] = 0.0
    """Smallest lift of a rule."""
    max_consequent_size: Annotated[int, Field(ge=1)] = 1
    """Largest number of items on the right side of a rule."""
    max_memory_mb: Count = 2048
    """A support whose mining is estimated to need more is refused."""

    @model_validator(mode="after")
    def _has_one_threshold(self) -> "Mining":
        if (self.min_support is None) == (self.min_count is None):
            message = "give min_support or min_count: set the other one to null"
            raise ValueError(message)
        return self


class AlsoBought(Section):
    """Bought this, also bought."""

    grain: BasketGrain = "customer"
    """What a basket is."""
    lookback_days: Days | None = 180
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_item_count: Count = 10
    """Baskets that must hold an item."""
    min_pair_count: Count = 5
    """Baskets that must hold the pair."""
    min_customers: Count = 3
    """Distinct customers behind a pair, where customers are known."""
    min_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift must be above this."""
    max_basket_items: Count = 100
    """Baskets with more distinct items are left out and counted."""
    max_targets: Count = 20
    """Target items kept per source item."""


class AlsoViewed(Section):
    """Viewed this, also viewed."""

    grain: Literal["session", "visitor_day"] = "session"
    """What a basket is."""
    lookback_days: Days | None = 30
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_item_count: Count = 20
    """Sessions that must hold an item."""
    min_pair_count: Count = 5
    """Sessions that must hold the pair."""
    min_visitors: Count = 3
    """Distinct visitors behind a pair."""
    min_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift must be above this."""
    max_basket_items: Count = 100
    """Sessions with more distinct items are left out and counted."""
    max_targets: Count = 20
    """Target items kept per source item."""
    after_only: bool = False
    """Count only sessions that saw the target for the first time after the source."""


class ViewThenBought(Section):
    """Viewed this, ultimately bought."""

    lookback_days: Days | None = 90
    """Length of the view window that ends at as_of; null takes everything before as_of."""
    horizon: Literal["session", "1", "7", "14", "30"] = "7"
    """Days after the first view in which a purchase counts, or `session`."""
    min_viewers: Count = 20
    """Visitors who must have viewed the source item."""
    max_targets: Count = 20
    """Target items kept per source item, besides its own row; the rest is `other`."""
    min_displayable_buyers: Count = 30
    """Buyers from which on a percentage may be shown."""
    min_displayable_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Share of buyers from which on a percentage may be shown."""


class Segment(Section):
    """One segment: every customer whose scores lie in both lists."""

    name: str
    """Name that is published."""
    recency: list[Annotated[int, Field(ge=1, le=5)]]
    """Recency scores of the segment."""
    frequency: list[Annotated[int, Field(ge=1, le=5)]]
    """Frequency scores of the segment."""


def _segments() -> list[Segment]:
    rows = (
        ("champions", [5], [4, 5]),
        ("loyal", [3, 4], [4, 5]),
        ("potential_loyalist", [4, 5], [2, 3]),
        ("new_customer", [5], [1]),
        ("promising", [4], [1]),
        ("need_attention", [3], [3]),
        ("about_to_sleep", [3], [1, 2]),
        ("cant_lose", [1, 2], [5]),
        ("at_risk", [1, 2], [3, 4]),
        ("hibernating", [1, 2], [1, 2]),
    )
    return [Segment(name=name, recency=r, frequency=f) for name, r, f in rows]


class Rfm(Section):
    """Recency, frequency and monetary value of customers."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    monetary: Literal["sum", "mean"] = "sum"
    """Net sum of a customer's orders, or their mean."""
    segments: list[Segment] = Field(default_factory=_segments)
    """Map from scores to segments; every pair of scores must lie in exactly one."""

    @model_validator(mode="after")
    def _covers_every_cell_once(self) -> "Rfm":
        cells = [
            (recency, frequency)
            for segment in self.segments
            for recency in segment.recency
            for frequency in segment.frequency
        ]
        problems = [
            f"recency {r}, frequency {f} is in {cells.count((r, f))} segments"
            for r in range(1, 6)
            for f in range(1, 6)
            if cells.count((r, f)) != 1
        ]
        if problems:
            message = "every pair of scores must be in exactly one segment: " + "; ".join(problems)
            raise ValueError(message)
        return self


class Output(Section):
    """Where tables are published."""

    path: str = "outputs"
    """Folder that holds `runs/` and `latest`, relative to the configuration file."""
    tables: list[str] = []
    """Tables to publish; empty publishes every table that the input allows."""


class EngineOptions(Section):
    """Resources. They never change a result."""

    threads: Annotated[int, Field(ge=0)] = 0
    """Threads; 0 takes every core."""
    pair_counts: Literal["kernel", "sql"] = "kernel"
    """Count pairs of items, and what buyers of a viewed item bought, by our kernels or in the
    database: slower, on any engine."""
    memory_limit: str | None = None
    """Memory of the database, such as `4GB`; null takes half of the machine's."""
    spill_path: str | None = None
    """Folder for what does not fit in memory; null takes a folder beside the output."""


class Config(Section):
    """The whole configuration."""

    as_of: str | None = None
    """Instant that the run stands for (ISO 8601, or a date: its midnight in time_zone); null is
    midnight after the newest sale line."""
    time_zone: str = "UTC"
    """Zone that decides days."""
    item_level: Literal["sku", "product", "category"] = "sku"
    """What an item is: its own id, the catalogue's product_id or the catalogue's category."""
    input: Input = Input()
    """Limits that hold for every source."""
    orders: Orders = Orders()
    """Order lines."""
    events: Events | None = None
    """Browse log; null where there is none."""
    catalogue: Catalogue | None = None
    """Catalogue; null where there is none."""
    mining: Mining = Mining()
    """Frequent itemsets and association rules."""
    also_bought: AlsoBought = AlsoBought()
    """Bought this, also bought."""
    also_viewed: AlsoViewed = AlsoViewed()
    """Viewed this, also viewed."""
    view_then_bought: ViewThenBought = ViewThenBought()
    """Viewed this, ultimately bought."""
    rfm: Rfm = Rfm()
    """Customer segments."""
    output: Output = Output()
    """Where tables are published."""
    engine: EngineOptions = EngineOptions()
    """Resources."""
