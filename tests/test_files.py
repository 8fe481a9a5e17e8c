"""Input files: what a path, glob or folder stands for, and what is known of their bytes."""

import gzip
import hashlib
import os
from glob import glob
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError, StorageError
from pipeline.io.files import FileFacts, InputFile, changed_files, find_files, inspect_files
from pipeline.io.streams import open_text


def names(folder: Path, *patterns: str) -> list[str]:
    return [file.name for file in find_files(patterns, folder, "auto")]


def facts_of(folder: Path, content: bytes, name: str = "a.csv") -> FileFacts:
    (folder / name).write_bytes(content)
    return inspect_files(find_files(name, folder, "auto"), 1)[0]


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def one(folder: Path, name: str) -> InputFile:
    return find_files(name, folder, "auto")[0]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).touch()
    assert ["a.csv", "b.csv"] == names(tmp_path, "*.csv", "a.csv", "./b.csv")


def test_a_folder_stands_for_the_visible_files_below_it(tmp_path: Path) -> None:
    for name in ("day=1/a.parquet", "day=1/_SUCCESS", "day=2/b.parquet", ".git/c.csv"):
        path = tmp_path / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert ["log/day=1/a.parquet", "log/day=2/b.parquet"] == names(tmp_path, "log")


def test_a_glob_reaches_into_folders_with_two_stars(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "a.csv").touch()
    assert ["x/y/a.csv"] == names(tmp_path, "**/*.csv")


GLOBS = [
    *("*", "*.csv", "**", "**/*", "**/*.csv", "*/*.csv", "*/**/*.csv", "?/[ab].csv", "[!x]/*"),
    *(
        ".*/*.csv",
        "x/**",
        "x/*/*.csv",
        "**/x/*.csv",
        "**/.h/*",
        "**/a.csv",
        "x/../*.csv",
        "*/y/a.*",
    ),
]


@pytest.mark.parametrize("pattern", GLOBS)
def test_a_glob_stands_for_the_files_that_python_finds(tmp_path: Path, pattern: str) -> None:
    for folder in ("", "x", "x/y", "x/y/x", "b", ".h", "x/.h", "_t"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in ("a.csv", "b.csv", ".c.csv"):
            (tmp_path / folder / name).touch()
    expected = glob(str(tmp_path / pattern), recursive=True)  # noqa: PTH207
    files = {os.path.relpath(path, tmp_path) for path in expected if Path(path).is_file()}
    assert files
    assert sorted(files) == names(tmp_path, pattern)


def test_a_file_counts_once_under_its_own_name_whatever_links_lead_to_it(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "day.csv").touch()
    (tmp_path / "a").symlink_to("z")
    (tmp_path / "newest.csv").symlink_to("z/day.csv")
    (tmp_path / "z" / "round").symlink_to("..")
    for pattern in (".", "**/*.csv", "**"):
        assert ["z/day.csv"] == names(tmp_path, pattern)
    assert ["newest.csv"] == names(tmp_path, "newest.csv")
    assert ["a/day.csv"] == names(tmp_path, "a/*.csv")


def test_a_linked_folder_within_a_folder_is_read_though_it_is_hidden_itself(tmp_path: Path) -> None:
    """As Kubernetes mounts them: the files stand in a hidden folder, swapped by a link."""
    (tmp_path / "in" / "..2026").mkdir(parents=True)
    (tmp_path / "in" / "..2026" / "a.csv").touch()
    (tmp_path / "in" / "..data").symlink_to("..2026")
    (tmp_path / "in" / "day").symlink_to("..data")
    for pattern in ("in", "in/**/*.csv", "in/*/*.csv"):
        assert ["in/day/a.csv"] == names(tmp_path, pattern)


@pytest.mark.parametrize("pattern", [".", "*", "**", "**/a.csv", "*/*.csv", "a.csv"])
def test_a_link_that_leads_nowhere_is_not_passed_over_in_silence(
    tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "a.csv").symlink_to("gone")
    (tmp_path / "b.csv").touch()
    with pytest.raises(StorageError, match=r"a\.csv is a link that leads nowhere"):
        find_files(pattern, tmp_path, "auto")


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path: Path) -> None:
    for name in ("a[1].csv", "a1.csv"):
        (tmp_path / name).touch()
    assert ["a[1].csv"] == names(tmp_path, "a[1].csv")


@pytest.mark.parametrize("pattern", ["*.csv", "missing.csv", "folder"])
def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=r"no input file matches .* check the configured path"):
        find_files(pattern, tmp_path, "auto")


def test_an_unknown_ending_needs_the_option_format(tmp_path: Path) -> None:
    (tmp_path / "orders.export").touch()
    with pytest.raises(DataError, match=r"orders\.export: .*set `format`"):
        find_files("orders.export", tmp_path, "auto")
    assert "csv" == find_files("orders.export", tmp_path, "csv")[0].format


@pytest.mark.parametrize(
    ("name", "file_format", "compression"),
    [
        ("a.CSV.GZ", "csv", "gzip"),
        ("a.tsv.zst", "csv", "zstd"),
        ("a.pq", "parquet", None),
        ("a.ndjson", "jsonl", None),
    ],
)
def test_the_name_tells_format_and_compression(
    tmp_path: Path, name: str, file_format: str, compression: str | None
) -> None:
    (tmp_path / name).touch()
    file = one(tmp_path, name)
    assert (file_format, compression) == (file.format, file.compression)


def test_folders_of_hive_carry_columns(tmp_path: Path) -> None:
    path = tmp_path / "year=2011" / "shop=a%20b" / "day=__HIVE_DEFAULT_PARTITION__" / "x.csv"
    path.parent.mkdir(parents=True)
    path.touch()
    file = find_files("**/*.csv", tmp_path, "auto")[0]
    assert {"year": "2011", "shop": "a b", "day": ""} == file.partitions


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"a\n\n", 2), (b"a\r\nb\r\n", 2)],
)
def test_a_last_line_counts_with_or_without_its_end(
    tmp_path: Path, content: bytes, lines: int
) -> None:
    assert lines == facts_of(tmp_path, content).lines


@pytest.mark.parametrize(
    ("content", "is_plain"),
    [
        ("å,ß\r\n1,2\n".encode(), True),
        (b"\xef\xbb\xbfa,b\n", True),
        (b"a\0b\n", False),
        (b"a\rb\n", False),
        (b"a\r\r\n", False),
        (b"a\n\r", False),
        (b"\xff\n", False),
        (b"cut \xc3", False),
        (b"x" * ((1 << 20) - 1) + b"\r\n", True),  # the block ends between \r and \n
        (b"x" * ((1 << 20) - 1) + b"\rx\n", False),
        (b"x" * ((1 << 20) - 1) + "é\n".encode(), True),
    ],
)
def test_plain_text_is_utf8_without_nul_or_lone_returns(
    tmp_path: Path, content: bytes, *, is_plain: bool
) -> None:
    assert is_plain is facts_of(tmp_path, content).is_plain_text


@pytest.mark.parametrize(("name", "pack"), [("a.csv.gz", gzip.compress), ("a.csv.zst", zstd)])
def test_lines_count_after_decompression_and_bytes_before(
    tmp_path: Path, name: str, pack: type[bytes]
) -> None:
    packed = pack(b"a,b\n1,2\n")
    facts = facts_of(tmp_path, packed, name)
    assert (len(packed), 2) == (facts.size, facts.lines)
    assert hashlib.sha256(packed).hexdigest() == facts.sha256


@pytest.mark.parametrize(("name", "pack"), [("a.csv.gz", gzip.compress), ("a.csv.zst", zstd)])
def test_a_compressed_file_cut_short_is_named(tmp_path: Path, name: str, pack: type[bytes]) -> None:
    packed = pack(b"".join(b"%d,%d\n" % (n * n, n) for n in range(1000)))
    (tmp_path / name).write_bytes(packed[:-20])
    with pytest.raises(StorageError, match=rf"{name}: the compressed file is cut short"):
        inspect_files(find_files(name, tmp_path, "auto"), 1)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_a_file_that_is_not_compressed_as_its_name_says_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"order,item\n" * 100)
    with pytest.raises(StorageError, match=rf"{name}: the compressed file is cut short or damaged"):
        inspect_files(find_files(name, tmp_path, "auto"), 1)


def test_a_file_that_disappears_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    file = one(tmp_path, "a.csv")
    (tmp_path / "a.csv").unlink()
    with pytest.raises(StorageError, match=r"a\.csv: cannot be read \(No such file"):
        inspect_files([file], 1)
    with pytest.raises(StorageError, match=r"a\.csv: cannot be read \(No such file"):
        open_text(file)


def test_a_parquet_file_is_counted_in_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "a.parquet")
    assert 3 == inspect_files([one(tmp_path, "a.parquet")], 1)[0].lines


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 nothing PAR1"])
def test_a_parquet_file_that_is_not_whole_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet: not a whole Parquet file"):
        inspect_files([one(tmp_path, "a.parquet")], 1)


def test_a_file_written_again_with_the_same_size_has_changed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    files = find_files("a.csv", tmp_path, "auto")
    facts = inspect_files(files, 1)
    assert [] == list(changed_files(files, facts))
    (tmp_path / "a.csv").write_bytes(b"a\n2\n")
    os.utime(tmp_path / "a.csv", ns=(0, facts[0].changed_at + 1))
    assert ["a.csv"] == list(changed_files(files, facts))
