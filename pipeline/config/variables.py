"""Environment variables: those that set an option, and those that a path names as `${NAME}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.config.model import Config
from pipeline.config.options import is_expandable, section_of
from pipeline.config.problems import KeyPath, Origin, Problem, nearest
from pipeline.config.section import Section
from pipeline.config.strict_yaml import Document

PREFIX: Final = "BASKET__"
_ALMOST: Final = re.compile(r"BASKET_[A-Za-z0-9]+(_[A-Za-z0-9]+)*__")
_VARIABLE: Final = re.compile(r"\$(?:(\$)\{|\{([A-Za-z_][A-Za-z0-9_]*)\}|\{)")


@dataclass(frozen=True)
class Assignment:
    """An option that is set outside the file: by `--set` or by an environment variable.

    Attributes:
        path: Keys of the option.
        text: Its value, written as in the file.
        origin: Where it was given.
    """

    path: KeyPath
    text: str
    origin: Origin


def assignments(environment: Mapping[str, str]) -> list[Assignment | Problem]:
    """Return what the environment sets: `BASKET__ENGINE__THREADS` is `engine.threads`.

    Every name that starts so has to be an option. An empty variable is as one that is not there.

    Args:
        environment: Names and values of all environment variables.
    """
    found: list[Assignment | Problem] = []
    for name, text in sorted(environment.items()):
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if name.startswith(PREFIX) and text and all(path):
            found.append(Assignment(path, text, Origin(name)))
        elif name.startswith(PREFIX) and text:
            found.append(Problem((), f"write {PREFIX}SECTION__KEY", Origin(name)))
        elif _ALMOST.match(name):
            message = f"an option is set by {PREFIX}{name.removeprefix('BASKET_')}"
            found.append(Problem((), message, Origin(name)))
    return found


def expand(document: Document, environment: Mapping[str, str]) -> None:
    """Put the values of environment variables in place of `${NAME}`, in options that allow it.

    `$${` stands for `${` itself. A name that is not set, or is set to nothing, is a problem: a
    path would silently be another one.

    Args:
        document: The configuration as it was written.
        environment: Names and values of all environment variables.
    """
    if isinstance(document.tree, dict):
        document.tree = _expanded(document.tree, Config, (), _Expander(document, environment))


@dataclass(frozen=True)
class _Expander:
    document: Document
    environment: Mapping[str, str]

    def text(self, text: str, path: KeyPath) -> str:
        """Return a text with the values of its variables."""
        names = [match.group(2) for match in _VARIABLE.finditer(text) if match.group(2)]
        problem = next(self._problems(text, names), None)
        if problem:
            self.document.problems.append(Problem(path, problem))
            return text
        if names:
            self.document.variables[path] = [f"${{{name}}}" for name in names]
        return _VARIABLE.sub(self._value, text)

    def _problems(self, text: str, names: list[str]) -> Iterator[str]:
        for match in _VARIABLE.finditer(text):
            if match.group() == "${":
                yield f"{text!r}: write ${{NAME}}, or $${{ for ${{ itself"
        for name in names:
            if not self.environment.get(name):
                near = nearest(name, self.environment.keys() - {name})
                hint = f"; did you mean {near}?" if near else ""
                yield f"environment variable {name} is not set, or empty{hint}"

    def _value(self, match: re.Match[str]) -> str:
        return "${" if match.group(1) else self.environment[match.group(2)]


def _expanded(tree: object, section: type[Section], path: KeyPath, by: _Expander) -> object:
    """Return a section as written, its variables expanded."""
    if isinstance(tree, list):
        return [_expanded(part, section, (*path, at), by) for at, part in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    changed = dict(tree)
    for key in tree.keys() & section.model_fields.keys():
        field = section.model_fields[key]
        if below := section_of(field.annotation):
            changed[key] = _expanded(tree[key], below, (*path, key), by)
        elif is_expandable(field):
            changed[key] = _expanded_texts(tree[key], (*path, key), by)
    return changed


def _expanded_texts(value: object, path: KeyPath, by: _Expander) -> object:
    if isinstance(value, list):
        return [_expanded_texts(part, (*path, at), by) for at, part in enumerate(value)]
    return by.text(value, path) if isinstance(value, str) else value
