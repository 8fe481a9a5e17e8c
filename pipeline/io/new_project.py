"""A small project that runs, to start from: a configuration with comments, and data of a shop."""

from importlib.resources import as_file, files
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.io.durable import make_folder, storage_errors, write_file

CONFIG = "basket.yaml"


def write_project(folder: Path) -> list[Path]:
    """Write the starter project and return its files.

    Args:
        folder: A new or empty folder.

    Raises:
        UsageError: Something stands in the folder already; nothing is written then.
        StorageError: The files cannot be written.
    """
    with storage_errors(folder, "write the starter project"):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            message = f"{folder} is not an empty folder: name a new one, nothing was written"
            raise UsageError(message)
        with as_file(files("pipeline") / "starter") as starter:
            return [_copy(path, folder / path.relative_to(starter)) for path in _files(starter)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _copy(source: Path, target: Path) -> Path:
    make_folder(target.parent.absolute())
    write_file(target, source.read_bytes())
    return target
