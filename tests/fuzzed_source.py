"""What the fuzzer asks of the whole reading: files of every kind, through the database.

The first two bytes choose how the file is written and what the configuration says of it, the
others are the file. Its lines are all accounted for, or an error tells what is wrong with it.
"""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.accounting import Account
from pipeline.config.model import Config
from pipeline.errors import AccountingError, DataError, StorageError
from pipeline.io.duckdb_engine import DuckDBEngine
from tests.mutations import mutated, orders
from tests.sources import ORDER_COLUMNS, Read, clean, read_source

NAMES = ("a.csv", "a.csv.gz", "a.csv.zst", "a.jsonl", "a.jsonl.gz", "a.parquet")
# Cleaning takes most of the time: every so many kinds of files are cleaned too.
CLEANED = 8
LOOKUP = "item,price\nT0,1.5\nT1,2.5\n"
Sections = dict[str, Any]


class BrokenPromiseError(Exception):
    """A promise that some bytes broke."""


def _orders(**options: object) -> Sections:
    return {"orders": {"columns": ORDER_COLUMNS, **options}}


def _without(*names: str) -> dict[str, str]:
    return {name: column for name, column in ORDER_COLUMNS.items() if name not in names}


HEADLESS = {"header": False, "names": [*ORDER_COLUMNS.values()]}
TWO_FORMATS = {"formats": ["%Y-%m-%d %H:%M:%S", "epoch_seconds"], "zone": "Europe/Berlin"}
STATUS = {"amount": "price", "status": "quantity"}
LOG = {"visitor_id": "customer", "item_id": "item", "viewed_at": "at", "event_type": "quantity"}
VARIANTS: tuple[Sections, ...] = (
    _orders(),
    _orders(csv=HEADLESS),
    _orders(csv=HEADLESS | {"delimiter": ";", "quote": "'"}),
    _orders(csv=HEADLESS | {"encoding": "latin-1"}, timestamps={"formats": ["iso"]}),
    _orders(csv=HEADLESS | {"delimiter": "whitespace"}, drop_duplicates=False),
    _orders(
        csv=HEADLESS,
        columns=_without("order_id"),
        order_per_line=True,
        integer_ids=["customer_id"],
        timestamps=TWO_FORMATS,
    ),
    _orders(
        csv=HEADLESS,
        columns=_without("quantity") | STATUS,
        returns={"order_id_prefixes": ["C", "10"], "statuses": ["1"], "net": False},
        cancelled_statuses=["2"],
    ),
    _orders(columns=ORDER_COLUMNS | {"event_type": "order"}, purchase_types=["1000", "1001"]),
    _orders(
        csv=HEADLESS | {"names": ["order", "customer", "item", "at", "quantity", "cost"]},
        lookups=[{"files": "lookup.csv", "key": "item", "columns": ["price"]}],
        attributes={"cost": "price"},
    ),
    {
        "orders": {"from_events": True, "columns": _without("quantity"), "purchase_types": ["3"]},
        "events": {"columns": LOG, "event_types": {"view": ["1"], "cart": ["2"]}},
    },
)


@cache
def _engine(folder: Path) -> DuckDBEngine:
    """Return the one database, which may read this folder alone."""
    return DuckDBEngine(1, memory_limit="512MB", readable=[folder])


def read_source_bytes(content: bytes, folder: Path) -> None:
    """Hold the reading of a source to its promise."""
    kind, variant = (int.from_bytes(content[at : at + 1]) for at in range(2))
    place = folder / "in"
    place.mkdir(exist_ok=True)
    (place / "lookup.csv").write_text(LOOKUP, encoding="utf-8")
    name, sections = NAMES[kind % len(NAMES)], VARIANTS[variant % len(VARIANTS)]
    file = _File(place, name, sections, content[2:])
    file.check_rows()
    if kind // len(NAMES) % CLEANED == 0:
        file.check_cleaned()


@dataclass
class _File:
    """A file with what a configuration says of it.

    Attributes:
        folder: Where it stands.
        name: Its name.
        sections: The configuration, but for the name.
        content: Its bytes, before they are compressed.
    """

    folder: Path
    name: str
    sections: Sections
    content: bytes

    @property
    def is_text(self) -> bool:
        return "parquet" not in self.name

    @property
    def has_whole_lines(self) -> bool:
        return self.is_text and self.content.endswith(b"\n")

    @property
    def lines(self) -> int:
        """The physical lines of a text, or the rows of a Parquet file."""
        if not self.is_text:
            return int(pq.read_metadata(io.BytesIO(self.content)).num_rows)
        return self.content.count(b"\n") + (self.content[-1:] not in {b"", b"\n"})

    def check_rows(self) -> None:
        """Read the file, and once more with a bad line at its end, so that each line is read."""
        for source in self.sections:
            read = self.read(source)
            if read is None or read.account.quarantined or not self.has_whole_lines:
                continue
            rows = read.rows("*")
            longer = replace(self, content=self.content + b"bad\n").read(source)
            if longer is None or longer.rows("*") != rows:
                raise BrokenPromiseError(rows)

    def check_cleaned(self) -> None:
        """Read and clean the file; its lines are accounted for to the end."""
        engine = self._written()
        engine.drop(*(name for (name,) in engine.run("select table_name from duckdb_tables()")))
        try:
            read = clean(self.folder, self._config, engine)
        except (DataError, StorageError) as error:
            self._check_told(error)
            return
        for account in read.accounts.values():
            self._check_account(account)
        if [(read.accounts["orders"].accepted,)] != read.query("select count(*) from sale_lines"):
            raise BrokenPromiseError(read.accounts)

    def read(self, source: str) -> Read | None:
        """Read a source; None where an error tells what is wrong with the file."""
        sections = self._config.model_dump(exclude_unset=True)
        try:
            read = read_source(self.folder, source, engine=self._written(), **sections)
        except (DataError, StorageError) as error:
            self._check_told(error)
            return None
        self._check_account(read.account)
        rejected = len({line for _, line, _, _ in read.quarantine})
        rows = read.engine.count(read.table)
        if (rows, rejected) != (read.account.accepted, read.account.quarantined):
            raise BrokenPromiseError(read.account, rows, rejected)
        return read

    def _written(self) -> DuckDBEngine:
        """Write the file, and return the database, without rejects of another one."""
        for old in self.folder.glob("a.*"):
            old.unlink()
        (self.folder / self.name).write_bytes(_packed(self.name, self.content))
        if _engine(self.folder).is_broken:
            _engine.cache_clear()
        _engine(self.folder).drop("quarantine")
        return _engine(self.folder)

    @property
    def _config(self) -> Config:
        files = next(reversed(self.sections))
        given = {**self.sections, files: {**self.sections[files], "files": self.name}}
        return Config.model_validate(given | {"input": {"max_reject_share": 1}})

    def _check_account(self, account: Account) -> None:
        if account.check().lines != self.lines:
            raise BrokenPromiseError(account, self.lines)

    def _check_told(self, error: Exception) -> None:
        if isinstance(error, AccountingError) or not str(error).startswith(self.name):
            raise BrokenPromiseError from error


def _packed(name: str, content: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(content, 1)
    if name.endswith(".zst"):
        return bytes(pa.Codec("zstd").compress(content, asbytes=True))
    return content


def source_seeds() -> Iterator[bytes]:
    """Yield files of every kind, each under a configuration that takes it."""
    small = (content for seed in range(40) if len(content := mutated(seed)[0]) < 1 << 10)
    for number, text in enumerate([orders(6), *small]):
        at = number % len(VARIANTS)
        has_names = "names" in VARIANTS[at].get("orders", {}).get("csv", {})
        yield bytes([number % 3 + 6 * (number % CLEANED), at]) + (
            text.partition(b"\n")[2] if has_names else text
        )
    for at in range(len(VARIANTS)):
        yield from (bytes([3 + 6 * at, at]) + text for text in _json_lines())
        yield from (bytes([5 + 6 * at, at]) + content for content in _parquet_files())


def _json_lines() -> Iterator[bytes]:
    line = '{"order": %d, "customer": "c%d", "item": "T1", "at": "2011-01-0%d 10:00:00", '
    line += '"quantity": %d, "price": 2.50}\n'
    yield "".join(line % (at, at % 2, at, at) for at in range(1, 6)).encode()
    odd = (
        '{"order": [1, {"a": null}], "item": "\\ud800", "price": "1e400", "quantity": 1e3}\n\n{}\n'
    )
    yield odd.encode()


def _parquet_files() -> Iterator[bytes]:
    cells = {
        "order": [1000, 1000, 1001],
        "customer": ["a", "b", None],
        "item": ["T1", "T2", "T1"],
        "quantity": [1, 2, -1],
        "price": [1.5, 2.5, float("nan")],
    }
    texts = pa.array(["2011-01-01 10:00:00", "2011-01-02 10:00:00", "x"])
    instants = pa.array([0, 10**15, None], pa.timestamp("us", "UTC"))
    for at, codec in ((texts, "none"), (instants, "snappy"), (instants, "zstd")):
        written = io.BytesIO()
        pq.write_table(pa.table({**cells, "at": at}), written, compression=codec)
        yield written.getvalue()
