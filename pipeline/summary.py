"""What a run did, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from pipeline import names
from pipeline.accounting import Account
from pipeline.io.manifest import MANIFEST
from pipeline.io.show import PublishedTable, Selection, headline, open_table
from pipeline.layout import aligned
from pipeline.outcome import CheckReport, RunReport, WrittenTable

WIDTH = 100
BEST_ROWS = 3
_WITHOUT_BEST_ROWS = ("run_summary",)  # its figures stand in the summary already


def run_text(report: RunReport) -> str:
    """Return the summary of a run: what was read and written, and the best rows of each table."""
    output = report.folder.parent.parent
    parts = [
        _head(report),
        *_facts(report.accounts, report.not_possible),
        _section("notes", report.notes),
        *(_best(output, report.run_id, table) for table in report.tables if _has_best(table)),
        _section("tables", _tables(report)),
    ]
    return "\n\n".join(part for part in parts if part)


def run_json(report: RunReport) -> str:
    """Return the report of a run as one JSON document; docs/command_line.md has its fields."""
    document = {
        "run_id": report.run_id,
        "as_of": report.as_of,
        "state": report.state,
        "is_latest": report.is_latest,
        "folder": str(report.folder),
        "tables": [
            {"name": table.name, "rows": table.rows, "path": str(table.path)}
            for table in report.tables
        ],
        "not_possible": report.not_possible,
        "notes": list(report.notes),
        "inputs": [asdict(account) for account in report.accounts],
        "figures": report.figures,
        "timings": [asdict(timing) for timing in report.timings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def check_text(report: CheckReport) -> str:
    """Return what `basket check` found."""
    parts = [
        f"The input is valid; a run would be as of {report.as_of}. Nothing was published.",
        *_facts(report.accounts, report.not_possible),
        _section("possible tables", report.possible),
    ]
    return "\n\n".join(part for part in parts if part)


def shown_text(table: PublishedTable, selection: Selection, width: int | None) -> tuple[str, str]:
    """Return rows of a table as aligned text, and how much of the table that is.

    Args:
        table: The table.
        selection: Its rows; without columns, those of the headline.
        width: See `pipeline.layout.aligned`.
    """
    text, total = _rows_text(table, selection, width), table.count(selection.item)
    shown = total if selection.top is None else min(total, selection.top)
    kept, known = len(_columns(table, selection)), len(table.table.columns)
    more = "; see --top, --columns, --csv" if (shown, kept) != (total, known) else ""
    return text, f"{shown} of {total} rows, {kept} of {known} columns{more}"


def _rows_text(table: PublishedTable, selection: Selection, width: int | None) -> str:
    columns = _columns(table, selection)
    rows = table.with_names(table.rows(replace(selection, columns=columns)))
    return aligned(columns, [[row[name] for name in columns] for row in rows], width)


def _columns(table: PublishedTable, selection: Selection) -> tuple[str, ...]:
    return selection.columns or headline(table.table, selection.sort)


def _head(report: RunReport) -> str:
    seconds = sum(timing.seconds for timing in report.timings)
    state = {"unchanged": "as before, byte for byte", "replaced": "replaced"}.get(report.state)
    known = f" ({state})" if state else ""
    return f"Run {report.run_id}, as of {report.as_of}: {seconds:.1f} s{known}"


def _facts(accounts: Sequence[Account], not_possible: dict[str, str]) -> Iterator[str]:
    yield _input(accounts)
    left_out = [
        f"{account.source}: {_counts(account.filtered)}" for account in accounts if account.filtered
    ]
    yield _section("lines left out, by reason", left_out)
    reasons = [f"{name}: {reason}" for name, reason in not_possible.items()]
    yield _section("not possible with this input", reasons)


def _input(accounts: Sequence[Account]) -> str:
    columns = ("input", "lines", "accepted", "quarantined", "duplicates", "left out")
    rows = [
        (
            account.source,
            account.lines,
            account.accepted,
            account.quarantined,
            account.duplicates,
            sum(account.filtered.values()),
        )
        for account in accounts
    ]
    return aligned(columns, rows, WIDTH)


def _counts(filtered: dict[str, int]) -> str:
    ordered = sorted(filtered.items(), key=lambda reason: -reason[1])
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in ordered)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}".rstrip() for line in lines)]) if lines else ""


def _has_best(table: WrittenTable) -> bool:
    return bool(table.rows) and table.name not in _WITHOUT_BEST_ROWS


def _best(output: Path, run_id: str, written: WrittenTable) -> str:
    table = names.TABLES[written.name]
    with open_table(output, table.name, run_id) as published:
        rows = _rows_text(published, Selection(top=BEST_ROWS), WIDTH)
    shown = min(BEST_ROWS, written.rows)
    return f"{table.name}, the best {shown} of {written.rows} rows:\n{rows}"


def _tables(report: RunReport) -> list[str]:
    rows = [(table.name, table.rows, table.path.name) for table in report.tables]
    latest = "this run" if report.is_latest else report.latest or "no run yet"
    where = f"in {near(report.folder)}, with {MANIFEST}; `latest` names {latest}"
    return [*aligned(("table", "rows", "file"), rows).splitlines(), "", where]


def near(path: Path) -> str:
    """Return a path as short as it can be written from the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
