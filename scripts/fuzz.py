"""Coverage-guided fuzz of what reads text from outside: `make test-fuzz`, which CI runs.

    python -m scripts.fuzz TARGET SECONDS

Whatever the bytes are, a configuration loads or is refused with a place on every line, and a
file's lines are all accounted for. An input that breaks that is written into the current folder.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

try:
    import atheris
except ModuleNotFoundError:
    print("skipped: atheris is built for CPython 3.11 on Linux x86-64 only")
    sys.exit(0)

with atheris.instrument_imports(include=["pipeline.config", "pipeline.io", "yaml"]):
    from pipeline.config.conditions import words_of
    from pipeline.config.load import config_lines, load_config
    from pipeline.config.rule_file import read_rule_file
    from pipeline.config.rule_schema import rule_schema
    from pipeline.config.source_options import Csv
    from pipeline.config.strict_yaml import read_yaml
    from pipeline.errors import ConfigError, DataError
    from pipeline.io.careful import Batch
    from pipeline.io.csv_lines import CsvLines
    from pipeline.io.files import InputFile, inspect_files
    from pipeline.io.json_lines import JsonLines
    from pipeline.io.quotes import without_blanks
    from tests.fuzzed_source import BrokenPromiseError, read_source_bytes, source_seeds

from jsonschema import Draft202012Validator

from tests.conftest import PROJECT
from tests.mutations import mutated

CSV_OPTIONS = (
    Csv(),
    Csv(delimiter=";", quote="'"),
    Csv(quote=""),
    Csv(delimiter="whitespace"),
    Csv(encoding="latin-1", header=False, names=["a", "b", "c"]),
    Csv(delimiter="\t", encoding="utf-8-sig"),
)
VALIDATOR = Draft202012Validator(rule_schema())
Target = Callable[[bytes], None]


def load_bytes(content: bytes, folder: Path) -> None:
    """Hold the loader of configurations to its promise."""
    path = folder / "a.yaml"
    path.write_bytes(content)
    try:
        loaded = load_config(path, [], {"HOME": "/home"})
    except ConfigError as error:
        _check_places(error, path)
    else:
        shown = [f"{key}={text}" for key, text, _ in config_lines(loaded)]
        is_expanded = any("${" in one for one in shown)
        if not is_expanded and load_config(path, shown).config != loaded.config:
            raise BrokenPromiseError(loaded.config)


def read_rules_bytes(content: bytes, folder: Path) -> None:
    """Hold the reader of rules to its promise: rules that can be told, or problems with places."""
    path = folder / "rules.yaml"
    path.write_bytes(content)
    try:
        rules = read_rule_file(path, str(path), ["size", "colour"])
    except ConfigError as error:
        _check_places(error, path)
        return
    if not all(words_of(rule.match) and words_of(rule.show) for rule in rules):
        raise BrokenPromiseError(rules)
    if not VALIDATOR.is_valid(read_yaml(content, "rules.yaml").tree):
        raise BrokenPromiseError(rules)


def _check_places(error: ConfigError, path: Path) -> None:
    lines = str(error).split("\n")
    if not all(line.startswith(f"{path}:") and line.isprintable() for line in lines):
        raise BrokenPromiseError(lines) from error


def read_yaml_bytes(content: bytes, _: Path) -> None:
    """Hold the reader of YAML to its promise: a tree, or problems, each with a place."""
    document = read_yaml(content, "a.yaml")
    if not all(document.place(problem).line for problem in document.problems):
        raise BrokenPromiseError(document.problems)


def read_csv_bytes(content: bytes, folder: Path) -> None:
    """Hold the careful reader of CSV to its promise: each line is a record, a reject or counted."""
    options = CSV_OPTIONS[content[0] % len(CSV_OPTIONS) if content else 0]
    file = InputFile(folder / "a.csv", "a.csv", "csv", None)
    file.path.write_bytes(content[1:])
    try:
        lines = CsvLines(file, options, 5)
        width = len(lines.names())
        batches = list(lines.batches(range(width)))
    except DataError:
        return
    for batch in batches:
        batch.to_arrow([str(place) for place in range(width)])
    _check_lines(batches, file)


def read_json_bytes(content: bytes, folder: Path) -> None:
    """Hold the reader of JSON lines to its promise."""
    file = InputFile(folder / "a.jsonl", "a.jsonl", "jsonl", None)
    file.path.write_bytes(content)
    batches = list(JsonLines(file, ["a", "b"]).batches())
    for batch in batches:
        batch.to_arrow(["a", "b"])
    _check_lines(batches, file)


def trim_bytes(content: bytes, _: Path) -> None:
    """Hold the trimming of blanks to its promise: nothing but blanks goes."""
    text = content.decode("latin-1")
    trimmed = without_blanks(text, ",", '"')
    if text.replace(" ", "") != trimmed.replace(" ", ""):
        raise BrokenPromiseError(text)


def _check_lines(batches: list[Batch], file: InputFile) -> None:
    known = sum(
        len(batch.lines) + len(batch.rejected) + sum(batch.skipped.values()) for batch in batches
    )
    if known != inspect_files([file], 1)[0].lines:
        raise BrokenPromiseError(known)


def _seeds(target: str) -> list[bytes]:
    if target in {"config", "yaml"}:
        paths = sorted((PROJECT / "configs").glob("*.yaml"))
        texts = [path.read_text(encoding="utf-8") for path in paths if path.stem != "reference"]
        return [re.sub(r"(?m)^ *#.*\n", "", text).encode() for text in texts]
    if target == "rules":
        paths = sorted((PROJECT / "configs").glob("*/rules.yaml"))
        shown = (PROJECT / "docs" / "serving.md").read_bytes().split(b"```yaml\n")[1:]
        return [*(path.read_bytes() for path in paths), *(one.split(b"```")[0] for one in shown)]
    if target == "json":
        return [b'{"a": 1, "b": "x"}\n{"a": [1.5e3, null]}\n', b'\xef\xbb\xbf{"a": "\\ud800"}\n\n']
    if target == "source":
        return list(source_seeds())
    small = (mutated(seed)[0] for seed in range(60))
    return [b"\0" + content for content in small if len(content) < 1 << 12]


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    "config": load_bytes,
    "yaml": read_yaml_bytes,
    "rules": read_rules_bytes,
    "csv": read_csv_bytes,
    "json": read_json_bytes,
    "source": read_source_bytes,
    "blanks": trim_bytes,
}


def main() -> None:
    """Fuzz one target for some seconds."""
    name, seconds = sys.argv[1:3]
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "seeds").mkdir()
        for number, seed in enumerate(_seeds(name)):
            (folder / "seeds" / str(number)).write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            "-max_len=4096",
            "-timeout=20",
            "-print_final_stats=1",
        ]
        atheris.Setup(
            [sys.argv[0], *options, *sys.argv[3:], str(folder / "seeds")],
            lambda content: TARGETS[name](content, folder),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
