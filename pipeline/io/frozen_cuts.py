"""Read where scores began in an earlier run, so that they begin there again."""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import names
from pipeline.config.customer_options import Rfm
from pipeline.engine import Engine
from pipeline.errors import DataError
from pipeline.io.files import InputFile, find_files
from pipeline.io.streams import read_errors

SOURCE = "rfm cuts"
"""Under this name the file stands among the inputs of a run."""
_NEEDED = {"recency_days", "frequency"}
_SCORES = [2, 3, 4, 5]


def cuts_files(options: Rfm, folder: Path) -> list[InputFile]:
    """Return the file of the cuts, if one is configured; see `find_files`."""
    return find_files(options.frozen_cuts, folder, "parquet") if options.frozen_cuts else []


def load_frozen_cuts(engine: Engine, options: Rfm, files: Sequence[InputFile]) -> None:
    """Load `frozen_cuts`: one row per measure and score above 1, with the cut.

    Args:
        engine: Where the table goes.
        options: Must be the lookback and the monetary option that the cuts were made with.
        files: The one file.

    Raises:
        DataError: The file holds no usable cuts.
        StorageError: It cannot be read.
    """
    if len(files) != 1:
        _refuse("rfm.frozen_cuts", f"names {len(files)} files; name one")
    rows = _rows(files[0])
    for problem in _problems(rows, options):
        _refuse(files[0].name, problem)
    engine.load("frozen_cuts", pa.Table.from_pylist(rows).select(["measure", "score", "cut"]))


def _rows(file: InputFile) -> list[dict[str, Any]]:
    columns = list(names.RFM_CUTS.column_names)
    try:
        with read_errors(file):
            table = pq.ParquetFile(file.path).read()
    except pa.ArrowException as error:
        _refuse(file.name, f"cannot be read as Parquet ({error})")
    if table.column_names != columns:
        _refuse(file.name, "has other columns than the table rfm_cuts of this version")
    rows: list[dict[str, Any]] = table.to_pylist()
    return sorted(rows, key=itemgetter("measure", "score"))


def _problems(rows: Sequence[Mapping[str, Any]], options: Rfm) -> list[str]:
    grouped = {name: list(group) for name, group in groupby(rows, itemgetter("measure"))}
    problems = [f"has no cuts of {name}" for name in sorted(_NEEDED - grouped.keys())]
    for name, group in grouped.items():
        cuts = [row["cut"] for row in group]
        if [row["score"] for row in group] != _SCORES or not _gets_no_easier(name, cuts):
            problems.append(f"has cuts of {name} that do not follow each other")
    for name, used in (("lookback_days", options.lookback_days), ("monetary_of", options.monetary)):
        made = {row[name] for row in rows} - {used}
        problems += [f"was made with {name} {value}, this run has {used}" for value in made]
    return problems


def _gets_no_easier(measure: str, cuts: Sequence[float | None]) -> bool:
    """Tell whether each cut is at least as hard as the one before; none is harder than all."""
    sign = -1 if measure == "recency_days" else 1
    hardness = [float("inf") if cut is None else sign * cut for cut in cuts]
    return all(easier <= harder for easier, harder in pairwise(hardness))


def _refuse(name: str, problem: str) -> None:
    message = f"{name} {problem}; rfm.frozen_cuts wants the rfm_cuts.parquet of an earlier run"
    raise DataError(message)
