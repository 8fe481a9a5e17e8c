"""Write data/sample: a slice of UCI Online Retail, a catalogue, a simulated browse log, consents.

    python scripts/make_sample.py PATH/online_retail.parquet [--folder data/sample]

The orders are real lines, unchanged: every line of about a third of the customers (and of the
invoices without a customer) in three months. The catalogue is derived from them. The browse log
is invented by `browse_log.py`, seeded, and who has consented to offers by a checksum, so that the
same source gives the same files.
Source: Chen, D. (2015). Online Retail. UCI Machine Learning Repository. doi 10.24432/C5BW33.
"""

import argparse
import csv
import gzip
import io
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from browse_log import HEADER as EVENT_HEADER
from browse_log import Product, Sale, simulate

FIRST_DAY, LAST_DAY = "2011-09-01", "2011-11-30"
KEPT_PERCENT = 30
ORDER_HEADER = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
CONSENT_HEADER = ("customer_id", "consent")
REFUSED_PERCENT = 10
CATALOGUE_HEADER = ("item_id", "product_id", "name", "department", "category", "price")
GOODS = re.compile(r"\d{5}[A-Z]*|DCGS.*")

KEYWORDS = (
    ("Seasonal", "Christmas", r"CHRISTMAS|ADVENT|NOEL|REINDEER|SANTA|SNOWFLAKE|STOCKING"),
    ("Seasonal", "Easter", r"EASTER|BUNNY|CHICK"),
    ("Bags", "Lunch bags", r"LUNCH BAG"),
    ("Bags", "Jumbo bags", r"JUMBO"),
    ("Bags", "Other bags", r"BAGS?|PURSE|SHOPPER|BASKET"),
    ("Lighting", "Light holders", r"T-LIGHTS?|TEALIGHT|VOTIVE|LANTERN|CANDLE ?HOLDER|CANDLESTICK"),
    ("Lighting", "Candles and lamps", r"CANDLES?|LIGHTS?|LAMP|INCENSE"),
    ("Kitchen", "Baking", r"CAKE|CAKESTAND|BAKING|RECIPE|JELLY|COOKIE|CASES"),
    ("Kitchen", "Cups and mugs", r"MUGS?|CUPS?|TEACUP|TEAPOT|TEA|COFFEE"),
    ("Kitchen", "Tableware", r"PLATES?|BOWLS?|TRAY|JUG|CUTLERY|COASTERS?|NAPKINS?|DISH|SPOONS?"),
    ("Kitchen", "Tins and jars", r"TINS?|JARS?|BOTTLE|BISCUIT|FLASK|BREAD BIN"),
    ("Jewellery", "Jewellery", r"NECKLACE|EARRINGS|BRACELET|RINGS?|BROOCH|HAIR|BANGLE|CHARM"),
    ("Stationery", "Cards and wrap", r"CARDS?|WRAP|RIBBONS?|GIFT TAPE|TISSUE|ENVELOPES?"),
    ("Stationery", "Paper and pens", r"NOTEBOOK|PENS?|PENCILS?|STICKERS?|PAPER|ERASERS?|CHALK"),
    ("Home", "Clocks, frames, mirrors", r"CLOCK|FRAMES?|MIRROR|ALBUM|PICTURE"),
    ("Home", "Signs and hooks", r"SIGN|HOOKS?|HANGER|DOORMAT|KNOB|LETTERS?|WALL ART|TILE|BLOCK"),
    ("Home", "Textiles", r"CUSHION|QUILT|THROW|APRON|TOWEL|RUG|WARMER|HOT WATER"),
    ("Home", "Boxes and drawers", r"BOX|BOXES|DRAWERS?|CABINET|STORAGE|CHEST|STOOL"),
    ("Garden", "Garden", r"GARDEN|PLANT|WATERING|PARASOL|HERB|BIRD|SEEDS?|PICNIC"),
    ("Children", "Toys and crafts", r"TOY|DOLLY|DOLL|GAME|KIT|CRAYONS|CHILDRENS|BABY|PLAY"),
    ("Party", "Decorations", r"BUNTING|PARTY|GARLAND|BALLOONS?|DECORATIONS?|HANGING|HEARTS?"),
)
PATTERNS = tuple((d, c, re.compile(rf"\b(?:{words})\b")) for d, c, words in KEYWORDS)

Row = tuple[str | None, ...]


class Line(NamedTuple):
    """One line of the source, unchanged: all values are text, NULL is None.

    The fields are the columns of `ORDER_HEADER`.
    """

    invoice: str
    code: str
    description: str | None
    quantity: str
    at: str
    price: str
    customer: str | None
    country: str

    @property
    def item_id(self) -> str:
        """The code without letter case: 85123a and 85123A are one item."""
        return self.code.upper()

    @property
    def is_sale(self) -> bool:
        """True for a sold good; not for returns, gifts, postage and the like."""
        is_good = GOODS.fullmatch(self.item_id) is not None
        return is_good and int(self.quantity) > 0 and float(self.price) > 0


def is_kept(line: Line) -> bool:
    """Whether the slice holds a line: all lines of a customer, or of an anonymous invoice, or none.

    CRC-32 of the id stands in for a random draw that is the same everywhere.
    """
    key = line.customer or line.invoice
    in_months = FIRST_DAY <= line.at[:10] <= LAST_DAY
    return in_months and zlib.crc32(key.encode()) % 100 < KEPT_PERCENT


def read_slice(source: Path) -> list[Line]:
    """Return the kept lines in the order of the source."""
    columns = pq.ParquetFile(source).read(columns=list(ORDER_HEADER)).to_pydict()
    lines = (Line(*values) for values in zip(*columns.values(), strict=True))
    return [line for line in lines if is_kept(line)]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a CSV file, gzipped where the name says so, with nothing in it that changes by time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def write_daily(folder: Path, header: Sequence[str], rows: Iterable[Row], time_column: int) -> None:
    """Write one file for each day that has rows, named by the folder and the day."""
    days: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        days[str(row[time_column])[:10]].append(row)
    for day, rows_of_day in sorted(days.items()):
        write_csv(folder / f"{folder.name}_{day}.csv.gz", header, rows_of_day)


def most_frequent(values: Iterable[str]) -> str:
    """Return the most frequent value, the first in the alphabet among equals."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def category_of(name: str) -> tuple[str, str]:
    """Return department and category: those of the first keyword that stands in the name."""
    for department, category, pattern in PATTERNS:
        if pattern.search(name):
            return department, category
    return "Other", "Other"


def product_id_of(item_id: str) -> str:
    """Return the digits that a code begins with (85123A and 85123B are colours of 85123)."""
    digits = re.match(r"\d+", item_id)
    return digits.group() if digits else item_id


def product(item_id: str, lines: Sequence[Line]) -> Product:
    """Return the catalogue's row of an item, made from its sale lines."""
    name = most_frequent((line.description or "").strip() for line in lines)
    department, category = category_of(name)
    price = most_frequent(line.price for line in lines)
    return Product(item_id, product_id_of(item_id), name, department, category, price, len(lines))


def build_catalogue(lines: Iterable[Line]) -> list[Product]:
    """Return one product per sold good, by item id."""
    sales: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.is_sale:
            sales[line.item_id].append(line)
    return [product(item_id, sales[item_id]) for item_id in sorted(sales)]


def build_sales(lines: Iterable[Line]) -> list[Sale]:
    """Return the orders of known customers as the simulation wants them, by time."""
    items: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for line in lines:
        if line.is_sale and line.customer:
            items[line.at, line.invoice, line.customer].append(line.item_id)
    return [
        Sale(customer, at, tuple(dict.fromkeys(item_ids)))
        for (at, _, customer), item_ids in sorted(items.items())
    ]


def build_consents(lines: Iterable[Line]) -> list[Row]:
    """Return one row per known customer: who would consent to offers is invented."""
    customers = {line.customer.removesuffix(".0") for line in lines if line.customer}
    draws = {one: zlib.crc32(f"consent {one}".encode()) % 100 for one in sorted(customers)}
    return [(one, "no" if draw < REFUSED_PERCENT else "yes") for one, draw in draws.items()]


def main() -> None:
    """Read the source and write the parts of the sample."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path, help="online_retail.parquet, all columns as text")
    parser.add_argument("--folder", type=Path, default=Path("data/sample"))
    arguments = parser.parse_args()
    lines = read_slice(arguments.source)
    catalogue = build_catalogue(lines)
    events = simulate(catalogue, build_sales(lines), (FIRST_DAY, LAST_DAY))
    write_daily(arguments.folder / "orders", ORDER_HEADER, lines, 4)
    write_csv(
        arguments.folder / "catalogue.csv",
        CATALOGUE_HEADER,
        (entry.row for entry in catalogue),
    )
    write_csv(arguments.folder / "customers.csv", CONSENT_HEADER, build_consents(lines))
    write_daily(arguments.folder / "events", EVENT_HEADER, events, 0)
    print(f"{len(lines)} order lines, {len(events)} events, {len(catalogue)} items")


if __name__ == "__main__":
    main()
