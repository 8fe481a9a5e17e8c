"""Write what follows from the code: docs/tables.md, the schemas of the configuration and of rules,
the rows in README.md, the golden checksums.

`python scripts/write_docs.py` runs the sample for the rows and checksums; tests hold all of them.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from worked_examples import EXAMPLES

from pipeline import names
from pipeline.config.json_schema import schema_text
from pipeline.config.load import load_config
from pipeline.config.rule_schema import rule_schema_text
from pipeline.io.manifest import read_manifest
from pipeline.io.new_project import CONFIG, write_project
from pipeline.io.runs import resolve
from pipeline.io.show import Selection, open_table
from pipeline.run import run
from pipeline.summary import WIDTH, shown_text

PROJECT = Path(__file__).resolve().parents[1]
TABLES = PROJECT / "docs" / "tables.md"
SCHEMA = PROJECT / "docs" / "basket.schema.json"
RULE_SCHEMA = PROJECT / "docs" / "rules.schema.json"
README = PROJECT / "README.md"
GOLDEN = PROJECT / "tests" / "golden" / "sample.txt"
START = "<!-- rows: written by scripts/write_docs.py -->\n"
END = "<!-- end of rows -->\n"

_INTRODUCTION = """\
# Tables

Written by `scripts/write_docs.py` from `pipeline/names/`, as the Parquet schema is.

A run publishes each table as one Parquet file, `outputs/runs/<run_id>/<table>.parquet`; a table
without rows is a file with the columns and no rows. Timestamps are microseconds in UTC. What a word
means stands in the [glossary](../GLOSSARY.md).
"""


def tables_document() -> str:
    """Return docs/tables.md: every published table and column."""
    return "\n".join([_INTRODUCTION, *map(_section, names.TABLES.values())])


def readme_with_rows(readme: str, sample: Path, starter: Path) -> str:
    """Return the README with the best row of each table between its two marks.

    Args:
        readme: Its text.
        sample: Output folder of a run of the sample.
        starter: Output folder of a run of the starter project, for tables without rows.
    """
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    rows = "\n\n".join(_row(table, sample, starter) for table in names.TABLES.values())
    return f"{before}{START}```text\n{rows}\n```\n{END}{after}"


def run_sample(output: Path) -> None:
    """Publish the sample."""
    run(load_config(PROJECT / "configs" / "sample.yaml", [f'output.path="{output}"']))


def checksums(output: Path) -> str:
    """Return a line for each table of the latest run: its name, rows and SHA-256."""
    tables = read_manifest(resolve(output)).tables
    return "".join(f"{table.table} {table.rows} {table.sha256}\n" for table in tables)


def run_starter(folder: Path) -> Path:
    """Write and publish the starter project, and return its output folder."""
    write_project(folder)
    run(load_config(folder / CONFIG))
    return folder / "outputs"


def _section(table: names.Table) -> str:
    return "\n".join(_lines(table))


def _lines(table: names.Table) -> Iterator[str]:
    grain = table.grain[0].upper() + table.grain[1:]
    key = ", ".join(f"`{name}`" for name in table.key)
    yield f"## {table.name}\n"
    yield f"{grain}. Unique: {key}. Order of the file: `{table.sort}`.\n"
    if table.has_own_ids:
        yield "The columns are those of `also_bought`; `item_level` says what an item is.\n"
        return
    yield "| column | type | NULL? | meaning |"
    yield "|---|---|---|---|"
    for column in table.columns:
        null = "yes" if column.is_nullable else ""
        yield f"| `{column.name}` | {column.type} | {null} | {column.meaning} |"
    yield ""
    for example in EXAMPLES.get(table.name, ()):
        yield example.markdown()


def _row(table: names.Table, sample: Path, starter: Path) -> str:
    with open_table(sample, table.name) as published:
        if published.count():
            text, _ = shown_text(published, Selection(top=1), WIDTH)
            return f"{table.name}: {table.grain}\n{text}"
    if table.name not in {one.table for one in read_manifest(resolve(starter)).tables}:
        return f"{table.name}: {table.grain} (none in the sample)"
    with open_table(starter, table.name) as published:
        text, _ = shown_text(published, Selection(top=1), WIDTH)
    return f"{table.name}: {table.grain} (none in the sample; this is from `basket init`)\n{text}"


def main() -> None:
    """Write all of them."""
    TABLES.write_text(tables_document(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    RULE_SCHEMA.write_text(rule_schema_text(), encoding="utf-8")
    with TemporaryDirectory(prefix="basket-docs-") as folder:
        run_sample(Path(folder) / "sample")
        starter = run_starter(Path(folder) / "starter")
        GOLDEN.write_text(checksums(Path(folder) / "sample"), encoding="utf-8")
        readme = README.read_text(encoding="utf-8")
        text = readme_with_rows(readme, Path(folder) / "sample", starter)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
