"""A strict, safe reader of the part of YAML that cannot surprise.

A text is mappings, lists and plain values: null, true and false, decimal numbers, text. What
readers of YAML 1.1 and 1.2 understand differently (`no`, `010`, `12:30`, `1e-3`) is refused, and
so are duplicate keys, anchors, aliases, tags, merge keys and a second document. A date is text.
The reader keeps the place of every key and value, and goes on after a problem where it can.
Source: https://yaml.org/type/ (types of YAML 1.1) and YAML 1.2.2, section 10.3.
"""

import codecs
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from pipeline.config.problems import DEFAULT, KeyPath, Origin, Problem
from pipeline.config.scalars import plain_value

MAX_BYTES: Final = 1 << 18
MAX_DEPTH: Final = 32
MAX_PROBLEMS: Final = 100
"""More are not told: a text made to have a million would take hours."""
REFUSED: Final = object()
"""Stands in the tree for a value that was refused; fits no option."""


@dataclass
class Document:
    """A text as a tree, the origins of its values and keys, and what is wrong with it.

    Attributes:
        tree: Mappings, lists and plain values.
        values: Where each value stands.
        keys: Where each key stands.
        variables: Environment variables that values name, as `${NAME}`.
        problems: What is wrong.
    """

    tree: object = None
    values: dict[KeyPath, Origin] = field(default_factory=dict)
    keys: dict[KeyPath, Origin] = field(default_factory=dict)
    variables: dict[KeyPath, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that more would help nobody."""
        return len(self.problems) >= MAX_PROBLEMS

    def place(self, problem: Problem) -> Origin:
        """Return where a problem stands: at its value or key, or at what should hold the value."""
        if problem.origin:
            return problem.origin
        path = problem.path
        if problem.is_about_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, DEFAULT)


def read_yaml(content: bytes, name: str) -> Document:
    """Return what a text says; its tree is None for an empty text.

    Args:
        content: The text in UTF-8.
        name: Name of the file, for origins.
    """
    document = Document(values={(): Origin(name, 1, 1)})
    if len(content) > MAX_BYTES:
        document.problems.append(Problem((), f"the text is longer than {MAX_BYTES} bytes"))
        return document
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        place = _place(content[: error.start].decode(), name)
        message = f"byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        document.problems.append(Problem((), message, place))
        return document
    _read(text, name, document)
    return document


class _Stop(Exception):  # noqa: N818 (a way out, not an error)
    """The rest of the text cannot be read."""


class _Reader:
    """Builds the tree from the events of the parser, which know their place."""

    def __init__(self, loader: yaml.SafeLoader, name: str, document: Document) -> None:
        self._loader = loader
        self._name = name
        self._document = document

    def read(self) -> None:
        """Read the whole stream."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return
        self._document.tree = self._node(self._next(), ())
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._refuse(("---",), event, "a second document starts here: one file holds one")

    def _next(self) -> yaml.Event:
        return self._loader.get_event()  # type: ignore[no-any-return, no-untyped-call]

    def _node(self, event: yaml.Event, path: KeyPath) -> object:
        self._document.values[path] = self._origin(event)
        if isinstance(event, yaml.AliasEvent):
            return self._refuse(path, event, f"alias *{event.anchor}: write the value out")
        self._check_properties(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if len(path) >= MAX_DEPTH:
            self._refuse((), event, f"nested more than {MAX_DEPTH} deep")
            raise _Stop
        is_list = isinstance(event, yaml.SequenceStartEvent)
        return self._sequence(path) if is_list else self._mapping(path)

    def _check_properties(self, event: yaml.Event, path: KeyPath) -> None:
        if getattr(event, "anchor", None):
            self._refuse(path, event, "anchors are not allowed: write the value out")
        if getattr(event, "tag", None):
            self._refuse(path, event, "tags are not allowed: put text in quotes")

    def _scalar(self, event: yaml.ScalarEvent, path: KeyPath) -> object:
        text = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            return self._refuse(path, event, "half of a surrogate pair is no character")
        if event.style:
            return text
        try:
            return plain_value(text)
        except ValueError as error:
            return self._refuse(path, event, str(error))

    def _sequence(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        mapping: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path)
            below = (*path, key)
            if first := self._document.keys.get(below):
                at = f"line {first.line}, column {first.column}"
                self._refuse(below, event, f"duplicate key; first given at {at}")
            self._document.keys.setdefault(below, self._origin(event))
            mapping.setdefault(key, self._node(self._next(), below))
        return mapping

    def _key(self, event: yaml.Event, path: KeyPath) -> str:
        count = len(self._document.problems)
        key = self._node(event, (*path, getattr(event, "value", "?")))
        if isinstance(key, str) and not (key == "<<" and not getattr(event, "style", None)):
            return key
        spelled = str(getattr(event, "value", "?"))
        if len(self._document.problems) == count:
            what = "merge keys are not allowed" if spelled == "<<" else "a key must be text"
            self._refuse((*path, spelled), event, what)
        return spelled

    def _refuse(self, path: KeyPath, event: yaml.Event, message: str) -> object:
        self._document.problems.append(Problem(path, message, self._origin(event)))
        if self._document.is_full:
            raise _Stop
        return REFUSED

    def _origin(self, event: yaml.Event) -> Origin:
        return _mark_origin(event.start_mark, self._name)


def _read(text: str, name: str, document: Document) -> None:
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        message = f"character U+{error.character:04X} is not allowed"
        document.problems.append(Problem((), message, _place(text[: error.position], name)))
        return
    try:
        _Reader(loader, name, document).read()
    except _Stop:
        return
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The scanner lets chr() and int() fail on "\UFFFFFFFF" and on %YAML 9999...
        mark = getattr(error, "problem_mark", None) or loader.get_mark()
        document.problems.append(Problem((), _syntax_message(error), _mark_origin(mark, name)))


def _mark_origin(mark: Any, name: str) -> Origin:  # noqa: ANN401 (its stub may be None)
    return Origin(name, mark.line + 1, mark.column + 1)


def _syntax_message(error: Exception) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return "a number or a character code is out of range"
    problem = str(error.problem)
    hint = ": indent with spaces, not tabs" if r"'\t'" in problem else ""
    return f"{problem}{f' ({error.context})' if error.context else ''}{hint}"


def _place(text_before: str, name: str) -> Origin:
    line = text_before.count("\n") + 1
    return Origin(name, line, len(text_before) - (text_before.rfind("\n") + 1) + 1)
