"""Read a configuration file: strict YAML, overrides, types, ranges, then everything else.

All problems are reported together, one a line, as `file:line:column: key: what is wrong`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.check import check
from pipeline.config.model import Config
from pipeline.config.options import known_keys, options
from pipeline.config.overrides import apply, assignment
from pipeline.config.problems import DEFAULT, KeyPath, Problem, dotted, unknown
from pipeline.config.scalars import flow_text
from pipeline.config.strict_yaml import MAX_BYTES, MAX_PROBLEMS, Document, read_yaml
from pipeline.config.variables import assignments, expand
from pipeline.errors import ConfigError

_EXPECTED = {
    "string_type": "text (in quotes where it looks like something else)",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a section of keys and values",
    "model_type": "a section of keys and values",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
}
CUSTOMER_KEY = "BASKET_CUSTOMER_KEY"
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class LoadedConfig:
    """A valid configuration and where it comes from.

    Attributes:
        config: The options.
        path: The file, as it was given.
        folder: Absolute folder of the file: relative paths in the configuration start here.
        origins: Where each option was set: `file:line:column`, the name of an environment
            variable, `--set` or `default`; with the variables that it names, as `${NAME}`.
        customer_key: The environment variable `BASKET_CUSTOMER_KEY`; shown nowhere.
    """

    config: Config
    path: Path
    folder: Path
    origins: dict[str, str]
    customer_key: str | None = field(default=None, repr=False)


def load_config(
    path: Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> LoadedConfig:
    """Read and check a configuration file.

    Args:
        path: YAML file.
        overrides: Options in place of those of the file and the environment, each as
            `section.key=value`; values are written as in the file, lists as `[a, b]`. The last
            of several counts.
        environment: Names and values of environment variables; None is none. Those that set
            options (see `variables`) go before the file.

    Raises:
        ConfigError: The file or an override is not valid; the message lists every problem.
    """
    document = read_yaml(_content(path), str(path))
    given = environment or {}
    for one in [*assignments(given), *map(assignment, overrides)]:
        apply(one, document)
    expand(document, given)
    config = _validated(document)
    for problem in check(config):
        _report([problem], document)
    if document.problems:
        raise ConfigError(_message(document))
    origins = {dotted(key): _origin(key, document) for key, _ in options(config)}
    key = given.get(CUSTOMER_KEY)
    return LoadedConfig(config, path, path.absolute().parent, origins, key)


def _origin(path: KeyPath, document: Document) -> str:
    named = [name for at, names in document.variables.items() if _is_in(at, path) for name in names]
    return " ".join([str(document.values.get(path, DEFAULT)), *dict.fromkeys(named)])


def _is_in(part: KeyPath, whole: KeyPath) -> bool:
    return part[: len(whole)] == whole


def config_lines(loaded: LoadedConfig) -> list[tuple[str, str, str]]:
    """Return one row per option, in the order of the model: key, value as in YAML, origin."""
    return [
        (dotted(path), flow_text(value), loaded.origins[dotted(path)])
        for path, value in options(loaded.config)
    ]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{path}: the configuration cannot be read ({error.strerror})"
        raise ConfigError(message) from error


def _validated(document: Document) -> Config:
    """Return the configuration; where it has problems they are reported, the options left out."""
    if document.tree is None:
        document.tree = {}
    if not isinstance(document.tree, dict):
        _report([Problem((), "expected a section of keys and values")], document)
        document.tree = {}
    while not document.is_full:
        try:
            return Config.model_validate(document.tree, strict=True)
        except ValidationError as error:
            found = list(islice(_problems(error, document), MAX_PROBLEMS))
            _report(found, document)
            for path in {_option(document.tree, problem.path) for problem in found}:
                _leave_out(document.tree, path)
    raise ConfigError(_message(document))


def _problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    found: dict[KeyPath, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        found.setdefault(_path(details, document.tree), []).append(details)
    outer = {path[:depth] for path in found for depth in range(len(path))}
    for path, group in found.items():
        # A list of text or text: what is wrong inside the list says more than "no text".
        if path not in outer:
            yield _problem(path, group, document)


def _path(details: ErrorDetails, tree: object) -> KeyPath:
    """Return the keys of an error's location, without the branches of unions that it names."""
    path: KeyPath = ()
    node: Any = tree
    for key in details["loc"]:
        is_part = isinstance(node, dict) and key in node
        if isinstance(node, list) and isinstance(key, int):
            is_part = key < len(node)
        if is_part:
            path, node = (*path, key), node[key]
    return (*path, details["loc"][-1]) if details["type"] == "missing" else path


def _problem(path: KeyPath, group: list[ErrorDetails], document: Document) -> Problem:
    kind, context = group[0]["type"], group[0].get("ctx", {})
    if kind == "extra_forbidden":
        problem = unknown(path, "key", known_keys(path[:-1]))
        # Where the key that was meant is given too, it is not the one that is missing.
        return replace(problem, meant=None) if problem.meant in document.keys else problem
    if kind == "missing":
        return Problem(path, "required")
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    expected = " or ".join(
        _EXPECTED.get(one["type"], one["msg"]).format(**one.get("ctx", {})) for one in group
    )
    return Problem(path, f"{_shown(group[0]['input'])} is not allowed; expected {expected}")


def _shown(value: object) -> str:
    text = flow_text(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def _report(problems: Iterable[Problem], document: Document) -> None:
    """Keep the problems that do not follow from those already known, until they are too many."""
    known = tuple(document.problems)
    for problem in problems:
        if document.is_full:
            return
        if not any(one.explains(problem.path) for one in known):
            document.problems.append(problem)


def _option(tree: object, path: KeyPath) -> KeyPath:
    """Return the smallest part of the tree that holds a path and stands in no list."""
    for depth, key in enumerate(path):
        if not isinstance(tree, dict) or key not in tree:
            return path[:depth]
        tree = tree[key]
    return path


def _leave_out(tree: dict[str | int, Any], path: KeyPath) -> None:
    *sections, key = path
    for section in sections:
        tree = tree.get(section, {})
    tree.pop(key, None)


def _message(document: Document) -> str:
    lines = [
        _printable(
            ": ".join(filter(None, (str(document.place(one)), dotted(one.path), one.message)))
        )
        for one in sorted(document.problems, key=document.place)
    ]
    name = document.values[()].file
    more = [f"{name}: only the first {MAX_PROBLEMS} problems were looked for"]
    return "\n".join(lines + more * document.is_full)


def _printable(line: str) -> str:
    """Escape what could end the line or steer a terminal: keys and values come from the file."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
