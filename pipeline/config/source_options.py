"""Options of the input: files, mapping, cleaning."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.section import ColumnMapping, Count, PathText, Section


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

    files: PathText | list[PathText]
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

    files: PathText | list[PathText] = []
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

    attributes: ColumnMapping = {}
    """Name of your own: column of the files or of their lookups, such as `store: STORE_ID`, by
    which `context` can part the orders; an order has the smallest value of its lines."""
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

    attributes: ColumnMapping = {}
    """Name of your own: column of the files or of their lookups, such as `connector: PLUG`, that
    rules and relations of `serving` can ask for; an item has the smallest value of its rows."""


class Input(Section):
    """Limits that hold for every source."""

    max_reject_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """A source with a larger share of quarantined lines fails the run (exit code 65)."""
    max_record_lines: Count = 20
    """A quoted CSV field may hold line ends; a record longer than this many lines is malformed."""
    merge_letter_case: bool = False
    """Item ids that differ in letter case only are one item, under their most frequent spelling."""
