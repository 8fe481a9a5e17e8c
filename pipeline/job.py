"""What the stages of one run work with: the input, the engine, and what they hand on."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.accounting import Account
from pipeline.config.load import LoadedConfig
from pipeline.config.model import Config
from pipeline.config.rule_file import read_rule_file
from pipeline.config.source_options import Catalogue, Source
from pipeline.io.customer_key import customer_key
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.durable import make_folder, storage_errors
from pipeline.io.files import FileFacts, InputFile, inspect_files
from pipeline.io.freed_memory import return_freed_memory
from pipeline.io.frozen_cuts import SOURCE as FROZEN_CUTS
from pipeline.io.frozen_cuts import cuts_files
from pipeline.io.lookups import lookup_files
from pipeline.io.memory_share import database_share
from pipeline.io.passing import passing
from pipeline.io.read import effective_orders, source_files
from pipeline.mining.cleaning import Span
from pipeline.mining.window import Window
from pipeline.possible import stages_of, wanted_tables
from pipeline.progress import Progress
from pipeline.serving.campaign_files import campaign_files
from pipeline.serving.setting import hand_made_files

HAND_MADE = "hand-made "
"""Begins the names of hand-made files among the inputs of a run."""
Inputs = dict[str, tuple[list[InputFile], list[FileFacts]]]

# Inspect, three times clean, publish.
_STAGES_AROUND = 5


@dataclass
class Job:
    """What the stages of one run hand on to each other."""

    loaded: LoadedConfig
    engine: DuckDBEngine
    progress: Progress
    inputs: Inputs
    accounts: dict[str, Account] = field(default_factory=dict)
    as_of: int = 0
    sales: Span = field(default_factory=lambda: Span(None, None))
    views: Span = field(default_factory=lambda: Span(None, None))
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    customer_key: bytes | None = field(default=None, repr=False)

    @property
    def config(self) -> Config:
        """The options of the run."""
        return self.loaded.config

    def window(self, lookback_days: int | None) -> Window:
        """Return the lookback window of a stage; without a length it holds everything."""
        starts = [at for at in (self.sales.first, self.views.first) if at is not None]
        return Window.before(self.as_of, lookback_days, min(starts, default=self.as_of))


def output_folder(loaded: LoadedConfig) -> Path:
    """Return the folder that holds `runs/` and `latest`."""
    return (loaded.folder / loaded.config.output.path).resolve()


def spill_folder(loaded: LoadedConfig) -> Path:
    """Return the folder under which a run may put what does not fit in memory."""
    configured = loaded.config.engine.spill_path
    if configured:
        return (loaded.folder / configured).resolve()
    return output_folder(loaded) / ".spill"


@contextmanager
def opened(loaded: LoadedConfig, progress: Progress, spill: Path) -> Iterator[Job]:
    """Inspect the input and open an engine that can read it and spill, nothing else."""
    sources = sources_of(loaded.config)
    stages = stages_of(wanted_tables(loaded.config))
    progress.stage_count = _STAGES_AROUND + len(sources) + len(stages)
    key, threads = customer_key(loaded), loaded.config.engine.threads or 2
    try:
        with progress.stage("inspect input"):
            files = _input_files(sources, loaded.folder)
            if cuts := cuts_files(loaded.config.rfm, loaded.folder):
                files[FROZEN_CUTS] = cuts
            files |= campaign_files(loaded.config.campaigns, loaded.folder)
            hand_made = hand_made_files(loaded.config.serving, loaded.folder)
            _check_rules(hand_made.get("rules"), loaded.config.catalogue)
            files |= {f"{HAND_MADE}{name}": [file] for name, file in hand_made.items()}
            inputs = {name: (found, inspect_files(found, threads)) for name, found in files.items()}
        with (
            _own_folder(spill, output_folder(loaded)) as own,
            closing(_engine(loaded, own, inputs)) as engine,
        ):
            yield Job(loaded, engine, progress, inputs, customer_key=key)
    finally:
        progress.close()


def _check_rules(file: InputFile | None, catalogue: Catalogue | None) -> None:
    """Refuse a file of rules that is not valid now, not after everything is mined."""
    if file:
        read_rule_file(file.path, file.name, catalogue.attributes if catalogue else ())


@contextmanager
def _own_folder(spill: Path, output: Path) -> Iterator[Path]:
    """Give an empty folder for this run to spill into; afterwards it is gone.

    It is named by the output folder, whose lock the run holds: what a killed run left is swept,
    and runs that share a spill folder leave each other alone.
    """
    own = spill / f"basket-{hashlib.sha256(str(output).encode()).hexdigest()[:12]}"
    with storage_errors(spill, "make the spill folder"):
        make_folder(spill)
        shutil.rmtree(own, ignore_errors=True)
    with passing(own):  # from before it is there: a signal may come in between
        with storage_errors(spill, "make the spill folder"):
            own.mkdir(mode=0o700)
        yield own


def _engine(loaded: LoadedConfig, spill: Path, inputs: Inputs) -> DuckDBEngine:
    options = loaded.config.engine
    readable = [file.path for files, _ in inputs.values() for file in files]
    limit = options.memory_limit and database_share(options.memory_limit)
    if limit:
        return_freed_memory()
    return DuckDBEngine(options.threads, limit, spill, readable)


def _input_files(sources: Mapping[str, Source], folder: Path) -> dict[str, list[InputFile]]:
    """Return the files of each source, and those of its lookups under a name of their own."""
    files = {name: source_files(source, folder) for name, source in sources.items()}
    lookups = {name: lookup_files(source, folder) for name, source in sources.items()}
    return files | {f"{name} lookups": found for name, found in lookups.items() if found}


def sources_of(config: Config) -> dict[str, Source]:
    """Return the sources that are configured, by name."""
    given = {
        "orders": effective_orders(config),
        "events": config.events,
        "catalogue": config.catalogue,
    }
    return {name: source for name, source in given.items() if source is not None}
