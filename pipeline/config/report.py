"""What a strict YAML file has wrong, by the model that it must fit: found, gathered, told.

All problems are told together, one a line, as `file:line:column: key: what is wrong`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.options import known_keys
from pipeline.config.problems import KeyPath, Problem, dotted, unknown
from pipeline.config.scalars import flow_text
from pipeline.config.section import Section
from pipeline.config.strict_yaml import MAX_BYTES, MAX_PROBLEMS, Document
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
    "too_short": "at least {min_length} in the list",
}
_SHOWN_CHARACTERS = 60


def content_of(path: Path, what: str) -> bytes:
    """Return the bytes of a file, one more than allowed where it is too long.

    Args:
        path: The file.
        what: What the file is, for the message.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{path}: {what} cannot be read ({error.strerror})"
        raise ConfigError(message) from error


def model_problems(
    error: ValidationError,
    document: Document,
    section: type[Section],
    *,
    tree: object,
    at: KeyPath = (),
) -> Iterator[Problem]:
    """Yield what a part of a file has wrong.

    Args:
        error: What the model says.
        document: The file.
        section: The model.
        tree: The part.
        at: Where the part stands in the file.
    """
    found: dict[KeyPath, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        found.setdefault(_path(details, tree), []).append(details)
    outer = {path[:depth] for path in found for depth in range(len(path))}
    for path, group in found.items():
        # A list of text or text: what is wrong inside the list says more than "no text".
        if path not in outer:
            if group[0]["type"] == "extra_forbidden":
                yield _unknown((*at, *path), document, known_keys(path[:-1], section))
            else:
                yield _problem((*at, *path), group)


def report(problems: Iterable[Problem], document: Document) -> None:
    """Keep the problems that do not follow from those already known, until they are too many."""
    known = tuple(document.problems)
    for problem in problems:
        if document.is_full:
            return
        if not any(one.explains(problem.path) for one in known):
            document.problems.append(problem)


def lines_of(document: Document) -> list[str]:
    """Return all that is wrong with a file, in its order."""
    lines = [
        ": ".join(filter(None, (str(document.place(one)), dotted(one.path), one.message)))
        for one in sorted(document.problems, key=document.place)
    ]
    name = document.values[()].file
    more = [f"{name}: only the first {MAX_PROBLEMS} problems were looked for"]
    return lines + more * document.is_full


def shown(value: object) -> str:
    """Return a value as in YAML, cut where it is long."""
    text = flow_text(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


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


def _unknown(path: KeyPath, document: Document, known: list[str]) -> Problem:
    problem = unknown(path, "key", known)
    # Where the key that was meant is given too, it is not the one that is missing.
    return replace(problem, meant=None) if problem.meant in document.keys else problem


def _problem(path: KeyPath, group: list[ErrorDetails]) -> Problem:
    kind, context = group[0]["type"], group[0].get("ctx", {})
    if kind == "missing":
        return Problem(path, "required")
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    expected = " or ".join(
        _EXPECTED.get(one["type"], one["msg"]).format(**one.get("ctx", {})) for one in group
    )
    return Problem(path, f"{shown(group[0]['input'])} is not allowed; expected {expected}")
