"""The project that `basket init` writes."""

from pathlib import Path

import pytest
from make_starter import DATA, write_starter

from pipeline.errors import StorageError
from pipeline.io.new_project import write_project


def test_the_data_are_what_the_script_makes(tmp_path: Path) -> None:
    write_starter(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert {path.name: path.read_bytes() for path in DATA.iterdir()} == made


def test_a_new_project_names_its_files(tmp_path: Path) -> None:
    written = write_project(tmp_path / "new" / "shop")

    assert sorted((tmp_path / "new" / "shop").rglob("*.*")) == written
    assert [
        *("README.md", "basket.yaml", "catalogue.csv", "events.csv", "orders.csv"),
        *("picks.csv", "rules.yaml"),
    ] == [path.name for path in written]


def test_a_folder_that_cannot_be_made_is_a_failure_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(StorageError, match="could not write the starter project"):
        write_project(tmp_path / "file" / "shop")
