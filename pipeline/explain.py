"""What pages would show, by the present rules over a published run.

open run -> read its tables -> make lists
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.config.as_of import as_of_microseconds
from pipeline.config.load import LoadedConfig
from pipeline.errors import UsageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.manifest import read_manifest
from pipeline.io.runs import LATEST, resolve
from pipeline.job import output_folder
from pipeline.possible import tables_for_lists
from pipeline.serving.setting import TABLES_READ, Setting, hand_made_files
from pipeline.serving.shelf import read_shelf

_NEEDED = "item_stats"


@contextmanager
def published_setting(
    loaded: LoadedConfig, run: str = LATEST, as_of: str | None = None
) -> Iterator[Setting]:
    """Give the shop as a published run left it, with the hand-made files as they are now.

    Args:
        loaded: The configuration, whose output folder holds the run.
        run: Id of the run, or `latest`.
        as_of: Instant that lists are for; None takes that of the run.

    Raises:
        UsageError: There is no such run, it lacks a table, or no placement is configured.
    """
    config = loaded.config
    if not config.serving.placements:
        message = "serving.placements is not set: there is no page to look at"
        raise UsageError(message)
    folder = resolve(output_folder(loaded), run)
    manifest = read_manifest(folder)
    tables = {one.table for one in manifest.tables}
    if _NEEDED not in tables:
        message = f"run {manifest.run_id} has no table {_NEEDED}: publish it to look at pages"
        raise UsageError(message)
    with TemporaryDirectory(prefix="basket-explain-") as spill:
        options = config.engine
        limits = (options.threads, options.memory_limit)
        with closing(DuckDBEngine(*limits, Path(spill), [folder])) as engine:
            given = tables & set(TABLES_READ)
            for table in sorted(given):
                path = {"path": str(folder / f"{table}.parquet")}
                engine.run(f"create table {table} as select * from read_parquet($path)", path)
            yield Setting(
                engine=engine,
                given=frozenset(given),
                shelf=read_shelf(engine, has_catalogue=config.catalogue is not None),
                options=config.serving,
                as_of=_instant(loaded, as_of or manifest.as_of),
                time_zone=config.time_zone,
                attributes=tuple(config.catalogue.attributes if config.catalogue else ()),
                files=hand_made_files(config.serving, loaded.folder),
            )


def _instant(loaded: LoadedConfig, text: str) -> int:
    instant = as_of_microseconds(loaded.config, text)
    assert instant is not None  # noqa: S101 (a text was given)
    return instant


def missing_tables(loaded: LoadedConfig, setting: Setting) -> list[str]:
    """Return the tables whose rows a run would have shown, and this run does not publish."""
    return sorted(set(tables_for_lists(loaded.config)) - setting.given)
