"""Files that cannot be read as they should: each has its message and its exit code."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.errors import DataError, StorageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import find_files, inspect_files
from pipeline.progress import Progress
from pipeline.run import run
from tests.conftest import PROJECT

LINE = "1,ann,A,2011-01-01 10:00:00,2,1.50\n"
CSV = "order,customer,item,at,quantity,price\n" + LINE
CONFIG = """\
orders:
  files: {files}
  columns: {{order_id: order, customer_id: customer, item_id: item, ordered_at: at,
    quantity: quantity, unit_price: price}}
output: {{tables: [item_stats]}}
"""
NOBODY = 65534


def table(**columns: object) -> pa.Table:
    cells: dict[str, object] = {
        "order": "1",
        "customer": "ann",
        "item": "A",
        "at": "2011-01-01 10:00:00",
    }
    cells |= {"quantity": "2", "price": "1.50"} | columns
    return pa.table({name: [value] for name, value in cells.items() if value is not None})


def parquet(folder: Path, rows: pa.Table) -> bytes:
    pq.write_table(rows, folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def parquet_damaged_in(folder: Path, column: str, rows: pa.Table) -> bytes:
    """Write a Parquet file whose pages of a column cannot be decoded."""
    whole = parquet(folder, rows)
    chunk = (
        pq.read_metadata(folder / "made.parquet")
        .row_group(0)
        .column(rows.column_names.index(column))
    )
    start = chunk.dictionary_page_offset
    return whole[:start] + b"\xff" * 9 + whole[start + 9 :]


Content = Callable[[Path], bytes]


@pytest.mark.parametrize(
    "bad",
    [
        ("a.parquet", lambda _: b"", 65, "a.parquet: not a whole Parquet file"),
        ("a.parquet", lambda f: parquet(f, table())[:-9], 65, "a.parquet: not a whole Parquet"),
        ("a.parquet", lambda _: CSV.encode(), 65, "a.parquet: not a whole Parquet file"),
        (
            "a.parquet",
            lambda f: (
                parquet(f, table()).replace(b"PAR1", b"XXXX", 1)[:4]
                + b"\0" * 200
                + parquet(f, table())[204:]
            ),
            65,
            "a.parquet: the Parquet file is damaged",
        ),
        (
            "a.parquet",
            lambda f: parquet(f, table()).replace(b"customer", b"custom\xe5r"),
            65,
            "a.parquet: not a whole Parquet file ('utf-8' codec can't decode",
        ),
        (
            "a.parquet",
            # Found by the fuzz lane: pyarrow ends the process when it looks at the columns.
            lambda _: (PROJECT / "tests/damaged/definition_levels.parquet").read_bytes(),
            65,
            "a.parquet: not a whole Parquet file (TProtocolException: Invalid data)",
        ),
        (
            "a.parquet",
            # A reject is shown as a whole row: with columns, too, that nothing else reads.
            lambda f: parquet_damaged_in(f, "note", table(quantity="x", note="fine")),
            65,
            "a.parquet: not a whole Parquet file (Couldn't deserialize thrift",
        ),
        (
            "a.parquet",
            lambda f: parquet(f, table(at=None)),
            65,
            "a.parquet: orders needs column 'at'; the file has: order, customer",
        ),
        (
            "a.parquet",
            lambda f: parquet(f, table(quantity=b"\x02")),
            65,
            "1 of 1 lines are malformed, more than input.max_reject_share",
        ),
        (
            "a.parquet",
            lambda f: parquet(f, table(at=True)),
            65,
            "1 of 1 lines are malformed, more than input.max_reject_share",
        ),
        ("a.csv", lambda _: b"", 65, "a.csv: the first line is empty; a header was expected"),
        (
            "a.csv",
            lambda _: CSV.replace("price", "cost").encode(),
            65,
            "a.csv: orders needs column 'price'; the file has: order, customer",
        ),
        (
            "a.csv.gz",
            lambda _: gzip.compress(CSV.encode() * 99)[:-20],
            74,
            "a.csv.gz: the compressed file is cut short or damaged",
        ),
        ("a.csv.gz", lambda _: CSV.encode(), 74, "a.csv.gz: the compressed file is cut short or "),
        ("a.csv.zst", lambda _: CSV.encode(), 74, "a.csv.zst: the compressed file is cut short"),
        ("a.jsonl", lambda _: b"[]\n", 65, "a.jsonl:1: line is not a JSON object"),
        ("b.csv", lambda _: CSV.encode(), 74, "no input file matches 'a.*' in"),
    ],
)
def test_a_bad_file_has_its_message_and_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: tuple[str, Content, int, str]
) -> None:
    name, content, code, message = bad
    made = content(tmp_path)
    (tmp_path / name).write_bytes(made)
    (tmp_path / "shop.yaml").write_text(CONFIG.format(files="a.*"), encoding="utf-8")
    assert code == main(["run", str(tmp_path / "shop.yaml")])
    told = [line for line in capsys.readouterr().err.splitlines() if "basket: error" in line]
    assert 1 == len(told)
    assert message in told[0]
    assert not (tmp_path / "outputs" / "latest").exists()


class Meddler(Progress):
    """Changes a file when a stage begins."""

    def __init__(self, stage: str, change: Callable[[], object]) -> None:
        super().__init__()
        self._at, self._change = stage, change

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if name == self._at:
            self._change()
        with super().stage(name):
            yield


def breaking(folder: Path) -> bytes:
    """Return a Parquet file with a bit that makes a database give itself up."""
    whole = parquet(folder, table(order="2"))
    path = folder / "flipped.parquet"
    with closing(DuckDBEngine(1)) as engine:
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with suppress(duckdb.Error, StorageError):
                engine.run(f"select item from read_parquet('{path}')")
            if engine.is_broken:
                return path.read_bytes()
    raise AssertionError(len(whole))


def test_the_one_of_many_files_that_breaks_the_database_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = breaking(tmp_path)
    for name in "abc":
        (tmp_path / f"in_{name}.parquet").write_bytes(parquet(tmp_path, table()))
    (tmp_path / "in_b.parquet").write_bytes(content)
    (tmp_path / "shop.yaml").write_text(CONFIG.format(files="in_*.parquet"), encoding="utf-8")
    assert 65 == main(["run", str(tmp_path / "shop.yaml")])
    assert "in_b.parquet: the Parquet file is damaged (INTERNAL Error: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["grows", "shrinks", "is written again", "vanishes"])
def test_a_file_that_changes_while_it_is_read_stops_the_run(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV + LINE * 5, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(CONFIG.format(files="a.csv"), encoding="utf-8")
    changes: dict[str, Callable[[], object]] = {
        "grows": lambda: path.write_text(CSV + LINE * 6, encoding="utf-8"),
        "shrinks": lambda: path.write_text(CSV, encoding="utf-8"),
        "is written again": lambda: os.utime(path, ns=(1, 1)),
        "vanishes": path.unlink,
    }
    with pytest.raises((DataError, StorageError), match=r"a\.csv"):
        run(load_config(tmp_path / "shop.yaml"), progress=Meddler("read orders", changes[kind]))
    assert not (tmp_path / "outputs" / "latest").exists()


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder with a file and a folder that may not be read, seen without the rights of root."""
    with TemporaryDirectory() as made:
        folder, before = Path(made), os.geteuid()
        folder.chmod(0o755)
        for path in (folder / "a.csv", folder / "b" / "b.csv", folder / "shut" / "b.csv"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(CSV, encoding="utf-8")
        (folder / "a.csv").chmod(0)
        (folder / "shut").chmod(0)
        if before == 0:  # whom no permission stops
            os.seteuid(NOBODY)
        yield folder
        os.seteuid(before)
        (folder / "shut").chmod(0o755)


def test_a_file_without_read_permission_is_named(closed: Path) -> None:
    with pytest.raises(StorageError, match=r"^a\.csv: cannot be read \(Permission denied\)$"):
        inspect_files(find_files("a.csv", closed, "auto"), 1)


@pytest.mark.parametrize(
    "pattern",
    [".", "shut", "shut/b.csv", "shut/*.csv", "*/b.csv", "*/*", "**", "**/*.csv", "s*/**/b.csv"],
)
def test_a_folder_that_cannot_be_entered_is_not_left_out_in_silence(
    closed: Path, pattern: str
) -> None:
    with pytest.raises(StorageError, match=r"shut.*: cannot be looked into \(Permission denied\)"):
        find_files(pattern, closed, "auto")


@pytest.mark.parametrize("pattern", ["*.csv", "[a-z]/*.csv", "b*/**", "?.csv"])
def test_a_closed_folder_that_a_glob_does_not_choose_is_none_of_its_business(
    closed: Path, pattern: str
) -> None:
    found = [file.name for file in find_files(["b/b.csv", pattern], closed, "auto")]
    assert not any("shut" in name for name in found)
