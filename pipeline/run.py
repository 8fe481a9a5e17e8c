"""The order of the stages, and nothing else that a stage could do itself.

inspect -> read -> clean -> mine -> write -> audit -> publish
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import mkdtemp

from pipeline import names
from pipeline.config.as_of import as_of_microseconds
from pipeline.config.load import LoadedConfig
from pipeline.config.problems import suggestion
from pipeline.errors import NothingNew, UsageError
from pipeline.io.arrivals import change_notes, check_volume, input_changes, previous_of
from pipeline.io.audit import audit_table
from pipeline.io.breakers import check_breakers
from pipeline.io.history import whole_runs
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
from pipeline.io.passing import passing
from pipeline.io.publish import publish, staging, writing
from pipeline.io.small_groups import leave_out_small_groups, without_few
from pipeline.io.write import write_table
from pipeline.job import Job, opened, output_folder, sources_of, spill_folder
from pipeline.outcome import CheckReport, RunReport, WrittenTable, notes, summary_rows
from pipeline.possible import ALWAYS_WRITTEN, reasons_against, wanted_tables
from pipeline.prepare import prepare
from pipeline.progress import Progress
from pipeline.serve import before_serving, serve
from pipeline.stages import mine

BYTES_TO_WRITE = 200_000_000
"""What batches, row groups and the audit of a file take."""


def run(
    loaded: LoadedConfig,
    as_of: str | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    skips_unchanged: bool = False,
) -> RunReport:
    """Read the input, compute the tables and publish them as one run.

    Args:
        loaded: The configuration.
        as_of: Replaces the configured instant.
        only: Tables to compute instead of those configured; such a run is published under its
            id but `latest` keeps naming a run with all tables.
        progress: Where to report; None reports nothing.
        skips_unchanged: Do nothing where a run of the same input and options is published.

    Raises:
        BasketError: One of its kinds, each with its exit code; nothing is published then.
    """
    chosen = _choose(loaded, only)
    not_possible = reasons_against(chosen.config)
    wanted = [name for name in wanted_tables(chosen.config) if name not in not_possible]
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    plan = _Plan(wanted, not_possible, started_at, is_partial=bool(only))
    with (
        writing(output_folder(chosen)),
        opened(chosen, progress or Progress(), spill_folder(chosen)) as job,
    ):
        if skips_unchanged:
            _skip_unchanged(job, as_of)
        _check_volume(job)
        prepare(job, as_of)
        mined = before_serving(chosen.config, wanted)
        mine(job, mined)
        _leave_out_small_groups(job, mined)  # before lists are made of them
        serve(job, wanted)
        _leave_out_small_groups(job, [name for name in wanted if name not in mined])
        return _publish(job, plan)


def check(
    loaded: LoadedConfig, as_of: str | None = None, progress: Progress | None = None
) -> CheckReport:
    """Read and clean the whole input, publish nothing.

    Raises:
        BasketError: As for `run`.
    """
    with (
        passing(Path(mkdtemp(prefix="basket-check-"))) as spill,
        opened(loaded, progress or Progress(), spill) as job,
    ):
        prepare(job, as_of)
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


def _skip_unchanged(job: Job, as_of: str | None) -> None:
    given = as_of_microseconds(job.config, as_of)
    fingerprints = input_fingerprint(_inputs(job)), configuration_fingerprint(job.config)
    wanted = None if given is None else iso_instant(given)
    version = metadata.version("basket-pipeline")
    for known in whole_runs(output_folder(job.loaded)):
        made_of = known.input_fingerprint, known.configuration_fingerprint
        is_same = (*made_of, known.pipeline_version) == (*fingerprints, version)
        if is_same and wanted in {None, known.as_of}:
            message = f"nothing new: run {known.run_id} is made of the same input and options"
            raise NothingNew(message)


@dataclass(frozen=True)
class _Plan:
    """Which tables a run publishes, and how it is told apart.

    Attributes:
        wanted: Mined tables that the input can give.
        not_possible: Wanted tables that it cannot, with the reason.
        started_at: Wall clock at the start, ISO 8601.
        is_partial: Whether `--only` chose the tables, so that `latest` stays.
    """

    wanted: list[str]
    not_possible: dict[str, str]
    started_at: str
    is_partial: bool


def _check_volume(job: Job) -> None:
    lines = {
        source: sum(fact.lines for fact in facts)
        for source, (_, facts) in job.inputs.items()
        if source.split()[0] in sources_of(job.config)  # files kept by hand grow as they please
    }
    configuration, ratio = job.config.model_dump(mode="json"), job.config.breakers.max_volume_ratio
    check_volume(lines, configuration, output_folder(job.loaded), ratio)


def _publish(job: Job, plan: _Plan) -> RunReport:
    output, manifest = output_folder(job.loaded), _manifest(job, plan)
    with (
        job.progress.stage("write and publish"),
        job.engine.room(BYTES_TO_WRITE),
        staging(output, manifest.run_id) as staged,
    ):
        rows = {name: job.engine.count(name) for name in [*plan.wanted, "quarantine"]}
        job.engine.load("run_summary", summary_rows(job.accounts, job.figures, rows))
        written = [_write(job, name, staged) for name in [*plan.wanted, *ALWAYS_WRITTEN]]
        check_breakers(staged, output, manifest.as_of, job.config.breakers)
        write_manifest(replace(manifest, tables=tuple(written)), staged)
        published = publish(staged, output)
    tables = (WrittenTable(one.table, one.rows, published.folder / one.file) for one in written)
    return RunReport(
        run_id=manifest.run_id,
        as_of=manifest.as_of,
        state=published.state,
        folder=published.folder,
        latest=published.latest,
        tables=tuple(tables),
        not_possible=plan.not_possible,
        notes=(*notes(job.figures), *change_notes(manifest)),
        accounts=tuple(job.accounts.values()),
        figures=job.figures,
        timings=tuple(job.progress.timings),
    )


def _leave_out_small_groups(job: Job, tables: Sequence[str]) -> None:
    """Leave out what tables say of too few people, and count it in their figures."""
    least = job.config.privacy.min_group_size
    for name in tables:
        rows = leave_out_small_groups(job.engine, names.TABLES[name], least)
        if least > 1 and names.TABLES[name].people_counts:
            job.figures.setdefault(name, {})["small_group_row_count"] = rows
    job.figures = {name: without_few(values, least) for name, values in job.figures.items()}


def _write(job: Job, name: str, staged: Path) -> TableEntry:
    table = names.TABLES[name]
    path = staged / f"{name}.parquet"
    batches = job.engine.in_order(name, table.column_names, table.sort)
    rows = write_table(table, batches, path)
    job.engine.drop(name)  # makes room for the audit
    audit_table(table, path, rows)
    return describe_table(table, path, rows)


def _inputs(job: Job) -> tuple[InputEntry, ...]:
    return tuple(
        InputEntry(source, file.name, fact.lines, fact.size, fact.sha256)
        for source, (files, facts) in job.inputs.items()
        for file, fact in zip(files, facts, strict=True)
    )


def _manifest(job: Job, plan: _Plan) -> Manifest:
    inputs = _inputs(job)
    version = metadata.version("basket-pipeline")
    fingerprints = input_fingerprint(inputs), configuration_fingerprint(job.config)
    name = run_id(job.as_of, *fingerprints, version)
    previous = previous_of(output_folder(job.loaded), name)
    return Manifest(
        run_id=name,
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
        is_partial=plan.is_partial,
        previous_run_id=previous.run_id if previous else None,
        input_changes=input_changes(inputs, previous.inputs) if previous else (),
    )
