"""The README and the documents say what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from write_docs import readme_with_rows, run_sample, run_starter, tables_document

from pipeline import names
from pipeline.config.load import load_config
from tests.conftest import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMAND_LINE = (PROJECT / "docs" / "command_line.md").read_text(encoding="utf-8")


def program(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def commands() -> list[str]:
    _, _, listed = program("--help").partition("Commands:\n")
    return re.findall(r"^  (\w+) {2,}\S", listed, re.MULTILINE)


def section(command: str) -> str:
    """The chapter of docs/command_line.md on a command."""
    found = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", COMMAND_LINE, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def test_the_readme_opens_with_the_two_commands() -> None:
    found = re.findall(r"^\$ (\S+ \S+)", README, re.MULTILINE)

    assert ["make run", "make test"] == found[:2]


def test_the_readme_shows_the_best_row_of_each_table_of_the_sample(tmp_path: Path) -> None:
    run_sample(tmp_path / "sample")
    starter = run_starter(tmp_path / "starter")

    assert readme_with_rows(README, tmp_path / "sample", starter) == README


def test_the_document_of_the_tables_is_written_from_the_names() -> None:
    written = (PROJECT / "docs" / "tables.md").read_text(encoding="utf-8")

    assert tables_document() == written
    assert all(f"## {name}\n" in written for name in names.TABLES)


def test_each_command_has_a_chapter_and_stands_in_the_readme() -> None:
    assert commands() == re.findall(r"^## (\w+)$", COMMAND_LINE, re.MULTILINE)
    assert set(commands()) == set(re.findall(r"^\$ basket (\w+)", README, re.MULTILINE))


@pytest.mark.parametrize("command", commands())
def test_each_option_of_a_command_stands_in_its_chapter_and_no_other(command: str) -> None:
    options = set(re.findall(r"^  (--[\w-]+)", program(command, "--help"), re.MULTILINE))

    assert set(re.findall(r"--[a-z][\w-]*", section(command))) >= options - {"--help"}
    assert set(re.findall(r"^- `(--[\w-]+)", section(command), re.MULTILINE)) <= options


def test_the_example_of_the_readme_is_a_valid_configuration(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    config = tmp_path / "basket.yaml"
    config.write_text(example, encoding="utf-8")

    assert load_config(config).config.orders.columns == yaml.safe_load(example)["orders"]["columns"]


def test_the_readme_lists_the_exit_codes_of_the_errors() -> None:
    from pipeline import errors

    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.BasketError)
    }
    table = set(re.findall(r"^\| ([\d, ]+) \|", README, re.MULTILINE))

    assert {"0", "130, 143", *map(str, codes)} == table
