"""Attacks through paths, globs, links, names, run ids, YAML and cells: refused, or harmless."""

import csv
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.config.load import load_config
from pipeline.errors import ConfigError, DataError, StorageError, UsageError
from pipeline.io import files as input_files
from pipeline.io.csv_rows import guarded_text, write_csv
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.files import find_files, inspect_files
from pipeline.io.new_project import write_project
from pipeline.io.runs import resolve
from pipeline.io.show import Selection, open_table
from pipeline.run import run
from tests.sources import read_orders

HEADER = "order,customer,item,at,quantity,price\n"
LINE = "1,ann,{item},2011-01-01 10:00:00,2,1.50\n"
ATTACKS = (
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    " =1+1",
    "\uff1d1+1",
    "'; drop table order_rows; --",
    "\"; attach '/etc/passwd' as x; --",
    "$item",
    "${HOME}",
    "{{7*7}}",
    "../../etc/passwd",
    "\x1b]0;owned\x07\x1b[31m",
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "%s%n",
    "NULL",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter project with a secret beside it, and one run in which items are attacks."""
    folder = tmp_path_factory.mktemp("intruders") / "shop"
    write_project(folder)
    (folder.parent / "secret.csv").write_text(HEADER + LINE.format(item="SECRET"), encoding="utf-8")
    with (folder / "data" / "orders.csv").open(newline="", encoding="utf-8") as file:
        columns, *lines = csv.reader(file)
    orders = [
        {**dict(zip(columns, lines[0], strict=True)), "sku": attack, "order_no": str(number)}
        for number, attack in enumerate(ATTACKS)
    ]
    with (folder / "data" / "orders.csv").open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, columns).writerows(orders)
    run(load_config(folder / "basket.yaml"))
    return folder


@pytest.fixture
def locked(tmp_path: Path) -> DuckDBEngine:
    """An engine that may read the folder `open`, and nothing beside it."""
    (tmp_path / "open").mkdir()
    for place in ("open/in.csv", "out.csv"):
        (tmp_path / place).write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "open" / "link.csv").symlink_to(tmp_path / "out.csv")
    (tmp_path / "spill").mkdir()
    return DuckDBEngine(1, "100MB", tmp_path / "spill", [tmp_path / "open"])


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('{folder}/out.csv')",
        "from read_csv('{folder}/open/../out.csv')",
        "from read_csv('{folder}/open/link.csv')",
        "from read_csv('{folder}/*.csv')",
        "from read_text('/etc/passwd')",
        "from read_blob('/proc/self/environ')",
        "from glob('/etc/*')",
        "from '/etc/passwd'",
        "copy (select 1) to '{folder}/stolen.csv'",
        "copy (select 1) to '/dev/stdout'",
        "attach '{folder}/other.db' as other",
        "attach ':memory:' as other (storage_version 'latest', read_only)",
        "export database '{folder}/stolen'",
        "install httpfs",
        "load httpfs",
        "load '{folder}/open/in.csv'",
        "from read_csv('https://localhost:1/x.csv')",
        "from read_parquet('s3://bucket/x.parquet')",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set allowed_directories = ['/']",
        "set allowed_configs = ['threads', 'temp_directory']",
        "set temp_directory = '/tmp'",
        "set threads = 64",
        "create persistent secret stolen (type http)",
        "from a_python_variable",
    ],
)
def test_the_database_is_shut_in(locked: DuckDBEngine, tmp_path: Path, sql: str) -> None:
    a_python_variable = pa.table({"a": [1]})
    assert 1 == a_python_variable.num_rows
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((duckdb.Error, StorageError)):
        locked.run(sql.format(folder=tmp_path))
    assert before == sorted(tmp_path.rglob("*"))


def test_the_database_still_reads_its_folder_and_spills(
    locked: DuckDBEngine, tmp_path: Path
) -> None:
    assert [(1,)] == locked.run(f"from read_csv('{tmp_path}/open/in.csv')")
    locked.run(
        "create table wide as select i, md5(cast(i as varchar)) as t from range(3000000) x(i)"
    )
    assert [(3_000_000,)] == locked.run("select count(*) from (select t from wide order by t)")


def test_a_link_out_of_a_folder_is_refused_and_within_it_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("a\n", encoding="utf-8")
    (tmp_path / "in" / "b.csv").symlink_to("a.csv")
    for pattern in ("in", "in/*.csv", "in/**/*.csv"):
        assert ["in/a.csv"] == [file.name for file in find_files(pattern, tmp_path, "auto")]
    assert "in/b.csv" == find_files("in/b.csv", tmp_path, "auto")[0].name
    (tmp_path / "in" / "c.csv").symlink_to(tmp_path / "secret.csv")
    for pattern in ("in", "in/*.csv", "in/[c].csv"):
        with pytest.raises(StorageError, match="is a link that leads out of"):
            find_files(pattern, tmp_path, "auto")
    # Whoever writes the configuration may read what it names.
    assert 1 == len(find_files("in/c.csv", tmp_path, "auto"))
    (tmp_path / "elsewhere").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "c.csv").unlink()
    assert 1 == len(find_files("elsewhere/*.csv", tmp_path, "auto"))


def test_a_folder_that_is_a_link_out_of_the_folder_is_not_walked(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.csv").write_text("a\n", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "deep").symlink_to(tmp_path / "secret", target_is_directory=True)
    for pattern in ("in", "in/**/*.csv", "in/*/*.csv"):
        with pytest.raises(StorageError, match=r"deep.* is a link that leads out of"):
            find_files(pattern, tmp_path, "auto")


def test_a_pipe_is_no_input_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "orders.csv")
    for pattern in ("orders.csv", "*.csv", "."):
        with pytest.raises(StorageError, match=r"is no file|no input file matches"):
            find_files(pattern, tmp_path, "auto")


@pytest.mark.parametrize(
    "name",
    [
        "a'; drop table x; --.csv",
        'a"b.csv',
        "a b.csv",
        "a;b.csv",
        "a\nb.csv",
        "a[1]*?.csv",
        "-a.csv",
    ],
)
@pytest.mark.parametrize("bad", ["", "bad\n"])
def test_a_file_name_is_a_name(tmp_path: Path, name: str, bad: str) -> None:
    (tmp_path / name).write_text(HEADER + LINE.format(item="A") + bad, encoding="utf-8")
    got = read_orders(tmp_path, name)
    assert (["A"], bool(bad)) == (got.column("item_id"), bool(got.quarantine))


@pytest.mark.parametrize("bad", [b"", b"bad\n"])
@pytest.mark.parametrize("attack", ["item'); drop table order_rows; --", 'i"tem', "i\\tem", "i{}"])
def test_a_column_name_is_a_name(tmp_path: Path, attack: str, bad: bytes) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerow(
        [attack if name == "item" else name for name in HEADER.strip().split(",")]
    )
    content = stream.getvalue().replace("\r\n", "\n") + LINE.format(item="A")
    (tmp_path / "orders.csv").write_bytes(content.encode() + bad)
    columns = {"order_id": "order", "item_id": attack, "ordered_at": "at", "quantity": "quantity"}
    assert ["A"] == read_orders(tmp_path, columns=columns).column("item_id")


@pytest.mark.parametrize(
    "name",
    ["..", "../..", "../../etc", "/etc", "", ".", "latest/..", "*", "x\0y", "runs/../.staging"],
)
def test_a_run_id_is_one_of_those_published(shop: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no run"):
        resolve(shop / "outputs", name)


@pytest.mark.parametrize(
    "name", ["../secret", "item_stats; drop table x", "item_stats.parquet", "/etc/passwd", "*", ""]
)
def test_a_table_name_is_one_of_those_known(
    shop: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("show", "sql"):
        assert 2 == main([command, name, "--output", str(shop / "outputs")])
    assert 2 == main(["run", str(shop / "basket.yaml"), "--only", name or "''"])
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sort", "item_id; drop table x"),
        ("--sort", "item_id:desc; select 1"),
        ("--sort", "(select content from read_text('/etc/passwd'))"),
        ("--columns", "item_id,read_text('/etc/passwd')"),
        ("--item", "x' or '1' = '1"),
    ],
)
def test_arguments_of_show_are_names_and_values(
    shop: Path, arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["show", "item_stats", "--output", str(shop / "outputs"), *arguments])
    assert "Traceback" not in capsys.readouterr().err


def test_cells_stay_what_they_are_in_parquet(shop: Path) -> None:
    found = pq.read_table(resolve(shop / "outputs").resolve() / "item_stats.parquet")["item_id"]
    assert {attack.strip() for attack in ATTACKS} <= set(found.to_pylist())


def test_a_terminal_is_not_steered_by_a_cell(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--output", str(shop / "outputs"), "--top", "1000", "--columns", "all"]
    assert 0 == main(["show", "item_stats", *arguments])
    shown = capsys.readouterr().out
    assert "\\x1b" in shown
    assert "\\u202e" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize(
    ("name", "header", "problem"),
    [
        (
            "a.csv",
            '\x1b]0;owned\x07,"two\nbasket: error: forged",\u202eb\u2028c\n',
            "header cannot be read",
        ),
        ("a\nbasket: error: forged\x1b[2J.csv", "a,b\n", "orders needs columns"),
        ("a.csv", ",".join(map(str, range(200_000))) + "\n", "orders needs columns"),
        ("a.csv", "\x85,\x1b" * 50_000 + "\n", "orders needs columns"),
    ],
)
def test_a_message_is_one_short_line_whatever_a_file_is_called_or_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, name: str, header: str, problem: str
) -> None:
    (tmp_path / name).write_text(header, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(
        "orders: {files: '*.csv', columns: {order_id: o, customer_id: c, item_id: i, "
        "ordered_at: t, quantity: q, unit_price: p}}\n",
        encoding="utf-8",
    )
    assert 65 == main(["run", str(tmp_path / "shop.yaml")])
    line = capsys.readouterr().err.splitlines(keepends=True)[-1]
    assert line.startswith("basket: error: a")
    assert line.removesuffix("\n").isprintable()
    assert len(line) < 10_000
    assert problem in line


def exported(shop: Path, *, is_guarded: bool) -> list[str]:
    stream = io.StringIO(newline="")
    with open_table(shop / "outputs", "item_stats") as table:
        write_csv(table, Selection(columns=("item_id",)), stream, is_guarded=is_guarded)
    return [row[0] for row in csv.reader(io.StringIO(stream.getvalue(), newline=""))][1:]


def test_in_csv_no_text_begins_as_a_formula_does(shop: Path) -> None:
    guarded, plain = exported(shop, is_guarded=True), exported(shop, is_guarded=False)
    formulas = {one for one in plain if one[0] in "=+-@\uff1d"}
    assert {one.strip() for one in ATTACKS[:6]} == formulas
    assert [f"'{one}" if one in formulas else one for one in plain] == guarded


@pytest.mark.parametrize("text", ["=1", " =1", "\t=1", "\r1", "\n1", "+1", "-1", "@a", "\uff0b1"])
def test_whatever_a_spreadsheet_may_run_is_guarded(text: str) -> None:
    assert f"'{text}" == guarded_text(text)


@pytest.mark.parametrize("text", ["", " ", "1", "a=1", "A-1", "'=1", "1e5"])
def test_text_that_is_no_formula_stays(text: str) -> None:
    assert text == guarded_text(text)


def test_the_command_guards_unless_told_otherwise(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["show", "item_stats", "--output", str(shop / "outputs"), "--csv", "-"]
    assert 0 == main(arguments)
    assert "\n'=cmd|" in capsys.readouterr().out
    assert 0 == main([*arguments, "--keep-formulas"])
    assert "\n=cmd|" in capsys.readouterr().out


def test_numbers_in_csv_keep_their_sign(tmp_path: Path) -> None:
    write_project(tmp_path / "shop")
    run(load_config(tmp_path / "shop" / "basket.yaml"))
    stream = io.StringIO()
    with open_table(tmp_path / "shop" / "outputs", "also_bought") as table:
        write_csv(table, Selection(columns=("log_likelihood", "leverage")), stream)
    assert "'" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "orders: !!python/object/apply:os.system ['touch owned']",
        "orders: !!python/name:os.system",
        "!!python/object/new:subprocess.Popen [[touch, owned]]",
        "orders: &a [*a]",
        "orders: {<<: {files: /etc/passwd}}",
        "%TAG ! tag:yaml.org,2002:python/\n---\norders: !name:os.system",
        'orders: {files: "\\0"}',
    ],
)
def test_yaml_builds_nothing_but_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_config(tmp_path / "a.yaml")
    assert ["a.yaml"] == [path.name for path in tmp_path.iterdir()]


def orders_parquet(path: Path, **options: Any) -> None:
    pq.write_table(pa.table({"order": ["1"], "item": ["A"]}), path, **options)


def test_parquet_compressed_with_brotli_is_refused(tmp_path: Path) -> None:
    orders_parquet(tmp_path / "a.parquet", compression={"order": "zstd", "item": "brotli"})
    with pytest.raises(
        DataError, match=r"a\.parquet: Brotli is not read; write the file with zstd"
    ):
        inspect_files(find_files("a.parquet", tmp_path, "auto"), 1)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "lz4", "none"])
def test_parquet_compressed_otherwise_is_read(tmp_path: Path, compression: str) -> None:
    orders_parquet(tmp_path / "a.parquet", compression=compression)
    assert 1 == inspect_files(find_files("a.parquet", tmp_path, "auto"), 1)[0].lines


@pytest.mark.parametrize("ends", [b"", b"\n"])
def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bytes
) -> None:
    monkeypatch.setattr(input_files, "MAX_LINE_BYTES", 3 << 20)
    (tmp_path / "a.csv").write_bytes(b"a\nb\n" + b"x" * (5 << 20) + ends)
    with pytest.raises(DataError, match=r"a\.csv:3: the line is longer than 3 MiB"):
        inspect_files(find_files("a.csv", tmp_path, "auto"), 1)


def test_lines_that_are_long_but_end_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes((b"x" * (3 << 20) + b"\n") * 8)
    assert 8 == inspect_files(find_files("a.csv", tmp_path, "auto"), 1)[0].lines


def test_a_link_in_place_of_the_spill_folder_empties_nothing(tmp_path: Path) -> None:
    write_project(tmp_path / "shop")
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_text("kept", encoding="utf-8")
    loaded = load_config(tmp_path / "shop" / "basket.yaml")
    run(loaded)
    output = (tmp_path / "shop" / "outputs").resolve()
    own = f"basket-{hashlib.sha256(str(output).encode()).hexdigest()[:12]}"
    (output / ".spill" / own).symlink_to(victim, target_is_directory=True)
    with pytest.raises(StorageError, match="make the spill folder"):
        run(loaded)
    assert ["precious"] == [path.name for path in victim.iterdir()]
