"""The order of the stages, and nothing else that a stage could do itself.

    inspect -> read -> clean -> mine -> write -> audit -> publish
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipeline import names
from pipeline.accounting import Account
from pipeline.config.as_of import as_of_microseconds
from pipeline.config.load import LoadedConfig
from pipeline.config.model import Config, Events, Source
from pipeline.config.problems import suggestion
from pipeline.errors import DataError, UsageError
from pipeline.io.audit import audit_table
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.durable import make_folder, storage_errors
from pipeline.io.files import FileFacts, InputFile, inspect_files
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
from pipeline.io.read import (
    SourceReader,
    effective_orders,
    load_absent,
    match_id_types,
    source_files,
)
from pipeline.io.write import write_table
from pipeline.mining.associations import build_also_bought, build_also_viewed
from pipeline.mining.cleaning import (
    Span,
    build_items,
    build_sale_lines,
    build_views,
    count_catalogue,
    span_of,
)
from pipeline.mining.item_stats import build_item_stats
from pipeline.mining.rfm import build_rfm_segments
from pipeline.mining.rules import build_rules
from pipeline.mining.view_then_bought import build_view_then_bought
from pipeline.mining.window import Window
from pipeline.progress import Progress, StageTiming

ALWAYS_WRITTEN = ("quarantine", "run_summary")
# Stages besides sources and mined tables: inspect, clean items, orders and events, publish.
_OTHER_STAGES = 5


@dataclass(frozen=True)
class WrittenTable:
    """One table of a run."""

    name: str
    rows: int
    path: Path


@dataclass(frozen=True)
class RunReport:
    """What a run did.

    Attributes:
        run_id: Id of the run; the same input and configuration give the same.
        as_of: The instant that the run stands for, ISO 8601 in UTC.
        state: `new`, `unchanged` (it had been published already), or `replaced`.
        folder: Where the tables are.
        is_latest: Whether `latest` names this run; a run of chosen tables leaves it alone.
        tables: The tables written.
        not_possible: Tables left out, with the reason.
        notes: What the person who reads the summary should know.
        accounts: Where the lines of each source went.
        figures: Figures of each stage, by table.
        timings: What each stage took.
    """

    run_id: str
    as_of: str
    state: str
    folder: Path
    is_latest: bool
    tables: tuple[WrittenTable, ...]
    not_possible: dict[str, str]
    notes: tuple[str, ...]
    accounts: tuple[Account, ...]
    figures: dict[str, dict[str, Any]]
    timings: tuple[StageTiming, ...]


@dataclass(frozen=True)
class CheckReport:
    """What `basket check` found: the input is readable, and these tables are possible."""

    as_of: str
    accounts: tuple[Account, ...]
    possible: tuple[str, ...]
    not_possible: dict[str, str]


@dataclass
class _Job:
    """What the stages of one run hand on to each other."""

    loaded: LoadedConfig
    engine: DuckDBEngine
    progress: Progress
    inputs: dict[str, tuple[list[InputFile], list[FileFacts]]]
    accounts: dict[str, Account] = field(default_factory=dict)
    as_of: int = 0
    sales: Span = field(default_factory=lambda: Span(None, None))
    views: Span = field(default_factory=lambda: Span(None, None))
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        return self.loaded.config

    def window(self, lookback_days: int | None) -> Window:
        starts = [at for at in (self.sales.first, self.views.first) if at is not None]
        return Window.before(self.as_of, lookback_days, min(starts, default=self.as_of))


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
    progress = progress or Progress()
    chosen = _choose(loaded, only)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    output = output_folder(chosen)
    with lock(output), _opened(chosen, progress, _spill_folder(chosen)) as job:
        _prepare(job, as_of)
        not_possible = _reasons_against(job.config)
        wanted = [name for name in _wanted(job.config) if name not in not_possible]
        _mine(job, wanted)
        return _publish(job, wanted, not_possible, (started_at, bool(only)))


def check(loaded: LoadedConfig, as_of: str | None = None, progress: Progress | None = None) -> CheckReport:
    """Read and clean the whole input, publish nothing.

    Raises:
        BasketError: As for `run`.
    """
    with TemporaryDirectory(prefix="basket-check-") as spill:
        with _opened(loaded, progress or Progress(), Path(spill)) as job:
            _prepare(job, as_of)
            not_possible = _reasons_against(job.config)
            possible = tuple(name for name in _wanted(job.config) if name not in not_possible)
            return CheckReport(iso_instant(job.as_of), tuple(job.accounts.values()), possible, not_possible)


def output_folder(loaded: LoadedConfig) -> Path:
    """Return the folder that holds `runs/` and `latest`."""
    return (loaded.folder / loaded.config.output.path).resolve()


def _choose(loaded: LoadedConfig, only: Sequence[str]) -> LoadedConfig:
    unknown = [name for name in only if name not in names.TABLES]
    if unknown:
        message = f"no table {unknown[0]!r}; {suggestion(unknown[0], names.TABLES)}"
        raise UsageError(message)
    if not only:
        return loaded
    output = loaded.config.output.model_copy(update={"tables": list(only)})
    return replace(loaded, config=loaded.config.model_copy(update={"output": output}))


def _wanted(config: Config) -> list[str]:
    tables = config.output.tables or list(names.TABLES)
    return [name for name in names.TABLES if name in tables and name not in ALWAYS_WRITTEN]


def _spill_folder(loaded: LoadedConfig) -> Path:
    configured = loaded.config.engine.spill_path
    return (loaded.folder / configured).resolve() if configured else output_folder(loaded) / ".spill"


@contextmanager
def _opened(loaded: LoadedConfig, progress: Progress, spill: Path) -> Iterator[_Job]:
    """Inspect the input and open an engine that can read it and spill, nothing else."""
    sources = _sources(loaded.config)
    progress.stage_count = _OTHER_STAGES + len(sources) + len(_stages(_wanted(loaded.config)))
    threads = loaded.config.engine.threads or 2
    try:
        with progress.stage("inspect input"):
            files = {name: source_files(one, loaded.folder) for name, one in sources.items()}
            inputs = {name: (found, inspect_files(found, threads)) for name, found in files.items()}
        with _own_folder(spill) as own, closing(_engine(loaded, own, inputs)) as engine:
            yield _Job(loaded, engine, progress, inputs)
    finally:
        progress.close()


@contextmanager
def _own_folder(spill: Path) -> Iterator[Path]:
    """Give an empty folder for this run to spill into; afterwards it is gone."""
    own = spill / "basket-pipeline"
    try:
        with storage_errors(spill, "make the spill folder"):
            make_folder(spill)
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir()
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _engine(
    loaded: LoadedConfig, spill: Path, inputs: dict[str, tuple[list[InputFile], list[FileFacts]]]
) -> DuckDBEngine:
    options = loaded.config.engine
    readable = _readable(loaded, inputs)
    return DuckDBEngine(options.threads, options.memory_limit, spill, readable)


def _sources(config: Config) -> dict[str, Source]:
    given = {
        "orders": effective_orders(config),
        "events": config.events,
        "catalogue": config.catalogue,
    }
    return {name: source for name, source in given.items() if source is not None}


def _readable(
    loaded: LoadedConfig, inputs: dict[str, tuple[list[InputFile], list[FileFacts]]]
) -> list[Path]:
    files = [file.path for found, _ in inputs.values() for file in found]
    lookups = [lookup for source in _sources(loaded.config).values() for lookup in source.lookups]
    files += [
        file.path
        for lookup in lookups
        for file in source_files(Source(files=lookup.files, format=lookup.format), loaded.folder)
    ]
    return files


def _prepare(job: _Job, as_of: str | None) -> None:
    """Read and clean every source, and fix the instant that the run stands for."""
    config, engine = job.config, job.engine
    for name, source in _sources(config).items():
        with job.progress.stage(f"read {name}"):
            reader = SourceReader(engine, name, source, config=config, folder=job.loaded.folder)
            job.accounts[name] = reader.read(*job.inputs[name])
    for name in {"events", "catalogue"} - set(job.accounts):
        load_absent(engine, name, config)
    match_id_types(engine)
    encode_ids(engine, has_sessions=_has_sessions(config))
    with job.progress.stage("clean items"):
        build_items(engine, config)
        if "catalogue" in job.accounts:
            job.accounts["catalogue"] = count_catalogue(engine, job.accounts["catalogue"])
    with job.progress.stage("clean orders"):
        orders = effective_orders(config)
        job.accounts["orders"] = build_sale_lines(engine, orders, job.accounts["orders"])
        job.sales = span_of(engine, "sale_lines", "ordered_at")
    with job.progress.stage("clean events"):
        account = job.accounts.get("events", Account("events", 0, 0, 0))
        cleaned = build_views(
            engine,
            config.events or Events(),
            account,
            is_session_end_needed=config.view_then_bought.horizon == "session",
        )
        job.views = span_of(engine, "views", "viewed_at")
        if "events" in job.accounts:
            job.accounts["events"] = cleaned
    job.as_of = _as_of(job, as_of)


def _has_sessions(config: Config) -> bool:
    return config.events is not None and "session_id" in config.events.columns


def _as_of(job: _Job, text: str | None) -> int:
    given = as_of_microseconds(job.config, text)
    if given is not None:
        return given
    if job.sales.last is None:
        raise DataError(
            "no sale line was accepted, so there is no day to stand for; "
            "check the mapping and the cleaning options, or give --as-of"
        )
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


def _reasons_against(config: Config) -> dict[str, str]:
    """Return the tables that this input cannot give, with the reason."""
    columns = effective_orders(config).columns
    reasons: dict[str, str] = {}
    if "customer_id" not in columns:
        needs = "orders have no customer_id"
        reasons |= {"rfm_segments": needs, "view_then_bought": needs}
        for name, grain in (("also_bought", config.also_bought.grain), ("association_rules", config.mining.grain)):
            if grain != "order":
                reasons[name] = f"{needs}: set the grain to order"
    if "item_id" not in columns:
        needs = "orders have no item_id"
        reasons |= dict.fromkeys(("association_rules", "also_bought", "view_then_bought", "item_stats"), needs)
    if config.events is None:
        reasons |= dict.fromkeys(("also_viewed", "view_then_bought"), "there is no browse log")
    if "association_rules" in reasons:
        reasons["frequent_itemsets"] = reasons["association_rules"]
    return {name: reasons[name] for name in _wanted(config) if name in reasons}


def _mine(job: _Job, wanted: Sequence[str]) -> None:
    """Build every wanted table; rules and itemsets come from one stage."""
    stages = {
        "association_rules": _mine_rules,
        "also_bought": _mine_also_bought,
        "also_viewed": _mine_also_viewed,
        "view_then_bought": _mine_view_then_bought,
        "rfm_segments": _mine_rfm,
        "item_stats": _mine_item_stats,
    }
    for name in _stages(wanted):
        with job.progress.stage(name):
            job.figures[name] = asdict(stages[name](job))


def _stages(wanted: Sequence[str]) -> list[str]:
    """Return the stages that build the wanted tables, itemsets with the rules."""
    needed = ["association_rules" if name == "frequent_itemsets" else name for name in wanted]
    return list(dict.fromkeys(needed))


def _mine_rules(job: _Job) -> Any:
    config = job.config.mining
    window, item_level = job.window(config.lookback_days), job.config.item_level
    threads = job.config.engine.threads
    return build_rules(job.engine, config, window, item_level, threads=threads)


def _mine_also_bought(job: _Job) -> Any:
    config = job.config.also_bought
    window, item_level = job.window(config.lookback_days), job.config.item_level
    return build_also_bought(job.engine, config, window, item_level, resources=job.config.engine)


def _mine_also_viewed(job: _Job) -> Any:
    config = job.config.also_viewed
    window, item_level = job.window(config.lookback_days), job.config.item_level
    return build_also_viewed(job.engine, config, window, item_level, resources=job.config.engine)


def _mine_view_then_bought(job: _Job) -> Any:
    config = job.config.view_then_bought
    return build_view_then_bought(
        job.engine, config, job.window(config.lookback_days), job.config.item_level
    )


def _mine_rfm(job: _Job) -> Any:
    return build_rfm_segments(job.engine, job.config.rfm, job.window(job.config.rfm.lookback_days))


def _mine_item_stats(job: _Job) -> Any:
    return build_item_stats(job.engine, job.window(None), job.config.item_level)


def _publish(
    job: _Job, wanted: Sequence[str], not_possible: dict[str, str], started: tuple[str, bool]
) -> RunReport:
    started_at, is_partial = started
    manifest = _manifest(job, started_at, not_possible)
    output = output_folder(job.loaded)
    with job.progress.stage("write and publish"), staging(output, manifest.run_id) as staged:
        rows = {name: job.engine.count(name) for name in [*wanted, "quarantine"]}
        job.engine.load("run_summary", _summary(job, rows))
        written = [_write(job, name, staged) for name in [*wanted, *ALWAYS_WRITTEN]]
        write_manifest(replace(manifest, tables=tuple(written)), staged)
        published = publish(staged, output, is_latest=not is_partial)
    return RunReport(
        run_id=manifest.run_id,
        as_of=manifest.as_of,
        state=published.state,
        folder=published.folder,
        is_latest=not is_partial,
        tables=tuple(
            WrittenTable(entry.table, entry.rows, published.folder / entry.file) for entry in written
        ),
        not_possible=not_possible,
        notes=tuple(_notes(job)),
        accounts=tuple(job.accounts.values()),
        figures=job.figures,
        timings=tuple(job.progress.timings),
    )


def _write(job: _Job, name: str, staged: Path) -> TableEntry:
    table = names.TABLES[name]
    path = staged / f"{name}.parquet"
    columns = ", ".join(table.column_names)
    batches = job.engine.batches(f"select {columns} from {name} order by {table.sort}")
    rows = write_table(table, batches, path)
    audit_table(table, path, rows)
    job.engine.drop(name)
    return describe_table(table, path, rows)


def _manifest(job: _Job, started_at: str, not_possible: dict[str, str]) -> Manifest:
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
        started_at=started_at,
        pipeline_version=version,
        library_versions=library_versions(),
        configuration=job.config.model_dump(mode="json"),
        configuration_fingerprint=fingerprints[1],
        inputs=inputs,
        input_fingerprint=fingerprints[0],
        accounting=tuple(job.accounts.values()),
        tables=(),
        not_possible=not_possible,
        steps=tuple(job.engine.steps),
    )


def _summary(job: _Job, rows: dict[str, int]) -> pa.Table:
    """Return the rows of `run_summary`."""
    figures: list[tuple[str, str, str, int | float]] = []
    for source, account in job.accounts.items():
        for name in ("lines", "accepted", "quarantined", "duplicates"):
            figures.append(("input", source, name, getattr(account, name)))
        figures += [("cleaning", source, reason, count) for reason, count in account.filtered.items()]
    for table, values in job.figures.items():
        figures += [
            ("baskets", table, name, value) for name, value in values.items() if isinstance(value, (int, float))
        ]
    figures += [("tables", table, "rows", count) for table, count in rows.items()]
    return _summary_table(figures)


def _summary_table(figures: Sequence[tuple[str, str, str, int | float]]) -> pa.Table:
    counts = [value if isinstance(value, int) else None for *_, value in figures]
    shares = [value if isinstance(value, float) else None for *_, value in figures]
    texts = [[figure[place] for figure in figures] for place in range(3)]
    return pa.table(
        [*(pa.array(text, pa.string()) for text in texts), pa.array(counts, pa.int64()), pa.array(shares, pa.float64())],
        names=list(names.RUN_SUMMARY.column_names),
    )


def _notes(job: _Job) -> Iterator[str]:
    for table, values in job.figures.items():
        if values.get("message"):
            yield f"{table}: {values['message']}"
        giant, kept = values.get("giant_basket_count", 0), values.get("basket_count", 0)
        if giant > kept:
            yield (
                f"{table}: {giant} of {giant + kept} baskets have too many items and were left out; "
                "raise its max_basket_items or choose a smaller grain"
            )


__all__ = ["CheckReport", "RunReport", "WrittenTable", "check", "output_folder", "run"]
