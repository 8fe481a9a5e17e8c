"""Breakers: refuse to publish a run that is too far from the one that readers have."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.config.breaker_options import Breakers
from pipeline.errors import AuditError
from pipeline.io.compare import TableChange, comparison
from pipeline.io.manifest import read_manifest
from pipeline.io.runs import RUNS, latest_run_id


def check_breakers(staged: Path, output: Path, as_of: str, breakers: Breakers) -> None:
    """Compare staged tables with those of the run that `latest` names.

    Args:
        staged: Folder of the tables that are about to be published.
        output: Folder that holds `runs/` and `latest`.
        as_of: The instant that the staged run stands for, ISO 8601 in UTC.
        breakers: How far they may differ.

    Raises:
        AuditError: They differ more; the message lists every breaker that went off.
    """
    run_id = latest_run_id(output)
    limits = (breakers.max_row_change, breakers.min_kept_sources, breakers.max_churn)
    if run_id is None or limits == (None, None, None):
        return
    earlier = output / RUNS / run_id
    if datetime.fromisoformat(read_manifest(earlier).as_of) > datetime.fromisoformat(as_of):
        return
    with comparison(earlier, staged) as comparing:
        changes = [comparing.change(name) for name in comparing.tables]
    found = [problem for change in changes for problem in _problems(change, breakers)]
    if found:
        message = (
            f"not published, too far from run {run_id}: {'; '.join(found)}; if this is right, run "
            "again with the breaker set to null"
        )
        raise AuditError(message)


def _problems(change: TableChange, breakers: Breakers) -> Iterator[str]:
    before, after = change.rows_before, change.rows_after
    limit = breakers.max_row_change
    if limit is not None and abs(after - before) > limit * before:
        yield f"{change.table} went from {before} to {after} rows (max_row_change {limit})"
    if change.overlap is None or change.kept_source_share is None or not before:
        return
    kept, least = change.kept_source_share, breakers.min_kept_sources
    if least is not None and kept < least:
        yield f"{change.table} keeps {kept:.1%} of its source items (min_kept_sources {least})"
    most = breakers.max_churn
    if most is not None and 1 - change.overlap > most:
        yield f"{change.table} replaces {1 - change.overlap:.1%} of its targets (max_churn {most})"
