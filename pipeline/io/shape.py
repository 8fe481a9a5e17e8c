"""What columns each input file has, and which files one statement can read together."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.config.source_options import Source
from pipeline.errors import DataError
from pipeline.io.contract import INTEGERS, mapped_columns
from pipeline.io.files import FileFacts, Format, InputFile

TEXT = "VARCHAR"
_MAX_SHOWN = 1000


@dataclass(frozen=True)
class Shape:
    """The columns of a file.

    Attributes:
        names: Columns of a CSV file in order; none for other formats, which name each value.
        types: Type of each mapped column, in the order of `mapped_columns`.
        partitions: Columns that the names of the file's folders carry.
    """

    names: tuple[str, ...]
    types: dict[str, str]
    partitions: tuple[str, ...]


@dataclass(frozen=True)
class FileGroup:
    """Files of one format and shape, which one statement can read."""

    files: tuple[InputFile, ...]
    facts: tuple[FileFacts, ...]
    shape: Shape

    @property
    def format(self) -> Format:
        """Format of all files of the group."""
        return self.files[0].format

    @property
    def lines(self) -> int:
        """Physical lines of all files."""
        return sum(fact.lines for fact in self.facts)

    def singles(self) -> Iterator["FileGroup"]:
        """Yield each file as a group of its own."""
        for file, fact in zip(self.files, self.facts, strict=True):
            yield FileGroup((file,), (fact,), self.shape)


@dataclass(frozen=True)
class Shaper:
    """Finds the shapes of a source's files.

    Attributes:
        source: Name of the source, for messages.
        options: Its part of the configuration.
        csv_names: Reads the column names of a CSV file.
        parquet_types: Reads the columns of a Parquet file with their types.
    """

    source: str
    options: Source
    csv_names: Callable[[InputFile], list[str]]
    parquet_types: Callable[[InputFile], dict[str, str]]

    def groups(self, files: Sequence[InputFile], facts: Sequence[FileFacts]) -> list[FileGroup]:
        """Return the files in groups of one format and shape.

        Raises:
            DataError: A file lacks a mapped column, or has it twice.
        """
        known = [(file, fact, self.shape(file)) for file, fact in zip(files, facts, strict=True)]
        known.sort(key=lambda entry: _group_key(entry[0], entry[2]))  # stable: by name within
        groups = []
        for _, entries in groupby(known, key=lambda entry: _group_key(entry[0], entry[2])):
            members = list(entries)
            found = tuple(file for file, _, _ in members), tuple(fact for _, fact, _ in members)
            groups.append(FileGroup(*found, members[0][2]))
        return groups

    def shape(self, file: InputFile) -> Shape:
        """Return the columns of a file.

        Raises:
            DataError: A mapped column is not there, or there twice.
        """
        names: tuple[str, ...] = ()
        types: dict[str, str] = {}
        if file.format == "csv":
            names = tuple(self.csv_names(file))
            types = dict.fromkeys(names, TEXT)
        elif file.format == "parquet":
            types = self.parquet_types(file)
        else:  # a line of JSON need not have every column
            types = dict.fromkeys(mapped_columns(self.options), TEXT)
        types |= dict.fromkeys(file.partitions, TEXT)
        looked_up = [name for lookup in self.options.lookups for name in lookup.columns]
        types |= dict.fromkeys(looked_up, TEXT)
        self._check(file, types, Counter(names))
        wanted = mapped_columns(self.options)
        return Shape(names, {name: types[name] for name in wanted}, tuple(file.partitions))

    def _check(self, file: InputFile, types: dict[str, str], times: Counter[str]) -> None:
        wanted = mapped_columns(self.options)
        missing = [name for name in wanted if name not in types]
        if missing:
            what = f"column{'s' if missing[1:] else ''} {', '.join(map(repr, missing))}"
            message = f"{file.name}: {self.source} needs {what}; the file has: {_shown(types)}"
            raise DataError(message)
        repeated = [name for name in wanted if times[name] > 1]
        if repeated:
            message = f"{file.name}: column {repeated[0]!r} stands twice in the header; rename one"
            raise DataError(message)


def _shown(names: Iterable[str]) -> str:
    """Return names for a message; a file that is no table may have very many, and long ones."""
    text = ", ".join(names)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _group_key(file: InputFile, shape: Shape) -> str:
    return str((file.format, shape))


def common_types(groups: Sequence[FileGroup]) -> dict[str, str]:
    """Return for each mapped column a type that takes the values of every group."""
    types = dict(groups[0].shape.types)
    for group in groups[1:]:
        for name, kind in group.shape.types.items():
            are_integers = {kind, types[name]} <= INTEGERS
            types[name] = kind if kind == types[name] or are_integers else TEXT
    return types
