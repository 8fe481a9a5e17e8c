"""The manifest: what a run was made of, in one spelling that checks itself."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.model import Config
from pipeline.errors import StorageError
from pipeline.io.manifest import (
    MANIFEST,
    InputEntry,
    configuration_fingerprint,
    damages,
    describe_table,
    input_fingerprint,
    iso_instant,
    library_versions,
    read_manifest,
    run_id,
    write_manifest,
)
from pipeline.names import ITEM_STATS
from tests.staged import manifest_of, stage

AS_OF = 1_323_475_200_000_000  # 2011-12-10 00:00 UTC


def configured(options: Mapping[str, Any]) -> str:
    return configuration_fingerprint(Config.model_validate(options))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "item_stats.parquet").write_text("content")
    entry = describe_table(ITEM_STATS, tmp_path / "item_stats.parquet", 3)
    manifest = manifest_of("2011-12-10T000000Z-0aaaaaaa", (entry,))
    write_manifest(manifest, tmp_path)

    assert manifest == read_manifest(tmp_path)
    assert damages(tmp_path) == []


def test_a_manifest_names_each_column_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "item_stats.parquet").write_text("abc")
    entry = describe_table(ITEM_STATS, tmp_path / "item_stats.parquet", 3)

    assert (entry.table, entry.file, entry.rows, entry.bytes) == (
        "item_stats",
        "item_stats.parquet",
        3,
        3,
    )
    assert entry.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert {"name": "price", "type": "float64", "is_nullable": True} in entry.columns


def test_every_flipped_bit_of_a_run_is_found(tmp_path: Path) -> None:
    stage(tmp_path, "2011-12-10T000000Z-0aaaaaaa", "content")
    chance = random.Random(7)  # noqa: S311
    for path in sorted(tmp_path.iterdir()):
        content = path.read_bytes()
        for place in chance.choices(range(len(content)), k=100):
            flipped = bytearray(content)
            flipped[place] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            assert len(damages(tmp_path)) == 1
        path.write_bytes(content)

    assert damages(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'"a"', b"\xff", b"[" * 10**5])
def test_a_damaged_manifest_is_a_storage_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)

    with pytest.raises(StorageError, match="the manifest is damaged"):
        read_manifest(tmp_path)


def test_a_manifest_is_plain_json_that_people_can_read(tmp_path: Path) -> None:
    write_manifest(manifest_of("2011-12-10T000000Z-0aaaaaaa"), tmp_path)
    entries = json.loads((tmp_path / MANIFEST).read_text())

    assert entries["format"] == 1
    assert entries["not_possible"] == {"also_viewed": "there is no browse log"}
    assert entries["accounting"][0]["quarantined"] == 1


def test_run_ids_sort_by_as_of() -> None:
    instants = [0, AS_OF - 1, AS_OF, AS_OF + 10**6, AS_OF * 2]
    ids = [run_id(instant, "input", "configuration", "0.1.0") for instant in instants]

    assert sorted(ids) == ids
    assert ids[2].startswith("2011-12-10T000000Z-")


@pytest.mark.parametrize(
    "changed",
    [
        (AS_OF + 1, "input", "configuration", "0.1.0"),
        (AS_OF, "other", "configuration", "0.1.0"),
        (AS_OF, "input", "other", "0.1.0"),
        (AS_OF, "input", "configuration", "0.2.0"),
    ],
)
def test_a_run_id_changes_with_all_that_a_result_depends_on(
    changed: tuple[int, str, str, str],
) -> None:
    assert run_id(*changed) != run_id(AS_OF, "input", "configuration", "0.1.0")


@pytest.mark.parametrize(
    "options",
    [
        {"engine": {"threads": 4, "memory_limit": "1GB"}},
        {"output": {"path": "elsewhere"}},
        {"as_of": "2011-12-10"},
    ],
)
def test_options_that_change_no_result_do_not_change_the_fingerprint(
    options: Mapping[str, Any],
) -> None:
    assert configured({}) == configured(options)


@pytest.mark.parametrize(
    "options",
    [
        {"mining": {"min_support": 0.02}},
        {"output": {"tables": ["rfm_segments"]}},
        {"orders": {"files": "orders.csv"}},
    ],
)
def test_options_that_change_a_result_change_the_fingerprint(options: Mapping[str, Any]) -> None:
    assert configured({}) != configured(options)


def test_the_order_of_input_files_does_not_matter_but_their_content_does() -> None:
    one = InputEntry("orders", "one.csv", 2, 20, "aa")
    two = InputEntry("orders", "two.csv", 3, 30, "bb")
    swapped = InputEntry("orders", "one.csv", 2, 20, "bb")

    assert input_fingerprint([one, two]) == input_fingerprint([two, one])
    assert input_fingerprint([one, two]) != input_fingerprint([swapped, two])


def test_instants_are_written_in_utc() -> None:
    assert iso_instant(AS_OF) == "2011-12-10T00:00:00Z"


def test_versions_name_what_computes_and_writes() -> None:
    assert {"python", "duckdb", "pyarrow", "mlxtend"} <= set(library_versions())
