"""The order of the stages, and nothing else that a stage could do itself.

inspect -> read -> clean -> mine -> write -> audit -> publish
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from pipeline import names
from pipeline.accounting import Account
from pipeline.config.as_of import as_of_microseconds
from pipeline.config.load import LoadedConfig
from pipeline.config.problems import suggestion
from pipeline.config.source_options import Events
from pipeline.errors import DataError, UsageError
from pipeline.io.audit import audit_table
from pipeline.io.ids import encode_ids
from pipeline.io.lock import lock
from pipeline.io.manifest import (
    InputEntry,
    Manifest,
    TableEntry,
    configuration_fingerprint,
    describe_table,
    input_fingerprint,
    iso_instant,
    library_versions,
    run_id,
    write_manifest,
)
from pipeline.io.publish import publish, staging
from pipeline.io.read import SourceReader, effective_orders, load_absent, match_id_types
from pipeline.io.write import write_table
from pipeline.job import Job, opened, output_folder, sources_of, spill_folder
from pipeline.mining.cleaning import (
    build_items,
    build_sale_lines,
    build_views,
    count_catalogue,
    span_of,
)
from pipeline.outcome import CheckReport, RunReport, WrittenTable, notes, summary_rows
from pipeline.possible import ALWAYS_WRITTEN, reasons_against, wanted_tables
from pipeline.progress import Progress
from pipeline.stages import mine


def run(
    loaded: LoadedConfig,
    as_of: str | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> RunReport:
    """Read the input, compute the tables and publish them as one run.

    Args:
        loaded: The configuration.
        as_of: Replaces the configured instant.
        only: Tables to compute instead of those configured; such a run is published under its
            id but `latest` keeps naming a run with all tables.
        progress: Where to report; None reports nothing.

    Raises:
        BasketError: One of its kinds, each with its exit code; nothing is published then.
    """
    chosen = _choose(loaded, only)
    not_possible = reasons_against(chosen.config)
    wanted = [name for name in wanted_tables(chosen.config) if name not in not_possible]
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    plan = _Plan(wanted, not_possible, started_at, is_partial=bool(only))
    with (
        lock(output_folder(chosen)),
        opened(chosen, progress or Progress(), spill_folder(chosen)) as job,
    ):
        _prepare(job, as_of)
        mine(job, wanted)
        return _publish(job, plan)


def check(
    loaded: LoadedConfig, as_of: str | None = None, progress: Progress | None = None
) -> CheckReport:
    """Read and clean the whole input, publish nothing.

    Raises:
        BasketError: As for `run`.
    """
    with (
        TemporaryDirectory(prefix="basket-check-") as spill,
        opened(loaded, progress or Progress(), Path(spill)) as job,
    ):
        _prepare(job, as_of)
        not_possible = reasons_against(job.config)
        possible = tuple(name for name in wanted_tables(job.config) if name not in not_possible)
        accounts = tuple(job.accounts.values())
        return CheckReport(iso_instant(job.as_of), accounts, possible, not_possible)


def _choose(loaded: LoadedConfig, only: Sequence[str]) -> LoadedConfig:
    unknown = [name for name in only if name not in names.TABLES]
    if unknown:
        message = f"no table {unknown[0]!r}; {suggestion(unknown[0], names.TABLES)}"
        raise UsageError(message)
    if not only:
        return loaded
    output = loaded.config.output.model_copy(update={"tables": list(only)})
    return replace(loaded, config=loaded.config.model_copy(update={"output": output}))


def _prepare(job: Job, as_of: str | None) -> None:
    """Read and clean every source, and fix the instant that the run stands for."""
    _read(job)
    with job.progress.stage("clean items"):
        _clean_items(job)
    with job.progress.stage("clean orders"):
        _clean_orders(job)
    with job.progress.stage("clean events"):
        _clean_events(job)
    job.as_of = _as_of(job, as_of)


def _read(job: Job) -> None:
    config, engine = job.config, job.engine
    for name, source in sources_of(config).items():
        with job.progress.stage(f"read {name}"):
            reader = SourceReader(engine, name, source, config=config, folder=job.loaded.folder)
            job.accounts[name] = reader.read(*job.inputs[name])
    for name in {"events", "catalogue"} - set(job.accounts):
        load_absent(engine, name, config)


def _clean_items(job: Job) -> None:
    events = job.config.events
    match_id_types(job.engine)
    encode_ids(job.engine, has_sessions=events is not None and "session_id" in events.columns)
    build_items(job.engine, job.config)
    if "catalogue" in job.accounts:
        job.accounts["catalogue"] = count_catalogue(job.engine, job.accounts["catalogue"])


def _clean_orders(job: Job) -> None:
    orders = effective_orders(job.config)
    job.accounts["orders"] = build_sale_lines(job.engine, orders, job.accounts["orders"])
    # The lines with their reasons are for those who look into one step; they take the most memory.
    job.engine.drop("order_lines")
    job.sales = span_of(job.engine, "sale_lines", "ordered_at")


def _clean_events(job: Job) -> None:
    is_session_end_needed = job.config.view_then_bought.horizon == "session"
    account = build_views(
        job.engine,
        job.config.events or Events(),
        job.accounts.get("events", Account("events", 0, 0, 0)),
        is_session_end_needed=is_session_end_needed,
    )
    job.views = span_of(job.engine, "views", "viewed_at")
    if "events" in job.accounts:
        job.accounts["events"] = account


def _as_of(job: Job, text: str | None) -> int:
    given = as_of_microseconds(job.config, text)
    if given is not None:
        return given
    if job.sales.last is None:
        message = (
            "no sale line was accepted, so there is no day to stand for; "
            "check the mapping and the cleaning options, or give --as-of"
        )
        raise DataError(message)
    return midnight_after(job.sales.last, job.config.time_zone)


def midnight_after(instant: int, zone: str) -> int:
    """Return the first midnight after an instant on the clocks of a zone.

    Args:
        instant: Microseconds since 1970-01-01 UTC.
        zone: Name of a time zone.
    """
    local = datetime.fromtimestamp(instant // 1_000_000, ZoneInfo(zone))
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), local.tzinfo)
    return int(midnight.timestamp()) * 1_000_000


@dataclass(frozen=True)
class _Plan:
    """Which tables a run publishes, and how it is told apart.

    Attributes:
        wanted: Mined tables that the input can give.
        not_possible: Wanted tables that it cannot, with the reason.
        started_at: Wall clock at the start, ISO 8601.
        is_partial: Whether only chosen tables are published, so that `latest` stays.
    """

    wanted: list[str]
    not_possible: dict[str, str]
    started_at: str
    is_partial: bool


def _publish(job: Job, plan: _Plan) -> RunReport:
    output, manifest = output_folder(job.loaded), _manifest(job, plan)
    with job.progress.stage("write and publish"), staging(output, manifest.run_id) as staged:
        rows = {name: job.engine.count(name) for name in [*plan.wanted, "quarantine"]}
        job.engine.load("run_summary", summary_rows(job.accounts, job.figures, rows))
        written = [_write(job, name, staged) for name in [*plan.wanted, *ALWAYS_WRITTEN]]
        write_manifest(replace(manifest, tables=tuple(written)), staged)
        published = publish(staged, output, is_latest=not plan.is_partial)
    tables = (WrittenTable(one.table, one.rows, published.folder / one.file) for one in written)
    return RunReport(
        run_id=manifest.run_id,
        as_of=manifest.as_of,
        state=published.state,
        folder=published.folder,
        is_latest=not plan.is_partial,
        tables=tuple(tables),
        not_possible=plan.not_possible,
        notes=tuple(notes(job.figures)),
        accounts=tuple(job.accounts.values()),
        figures=job.figures,
        timings=tuple(job.progress.timings),
    )


def _write(job: Job, name: str, staged: Path) -> TableEntry:
    table = names.TABLES[name]
    path = staged / f"{name}.parquet"
    columns = ", ".join(table.column_names)
    batches = job.engine.batches(f"select {columns} from {name} order by {table.sort}")
    rows = write_table(table, batches, path)
    audit_table(table, path, rows)
    job.engine.drop(name)
    return describe_table(table, path, rows)


def _manifest(job: Job, plan: _Plan) -> Manifest:
    inputs = tuple(
        InputEntry(source, file.name, fact.lines, fact.size, fact.sha256)
        for source, (files, facts) in job.inputs.items()
        for file, fact in zip(files, facts, strict=True)
    )
    version = metadata.version("basket-pipeline")
    fingerprints = input_fingerprint(inputs), configuration_fingerprint(job.config)
    return Manifest(
        run_id=run_id(job.as_of, *fingerprints, version),
        as_of=iso_instant(job.as_of),
        started_at=plan.started_at,
        pipeline_version=version,
        library_versions=library_versions(),
        configuration=job.config.model_dump(mode="json"),
        configuration_fingerprint=fingerprints[1],
        inputs=inputs,
        input_fingerprint=fingerprints[0],
        accounting=tuple(job.accounts.values()),
        tables=(),
        not_possible=plan.not_possible,
        steps=tuple(job.engine.steps),
    )
