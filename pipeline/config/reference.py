"""Write the model as a configuration file that shows every option.

    python -m pipeline.config.reference > configs/reference.yaml

Each option stands there with its default, its meaning and the values that it allows.
"""

import sys
from collections.abc import Iterator
from functools import cache
from textwrap import wrap
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline.config.model import Config
from pipeline.config.options import is_expandable, plain, section_of
from pipeline.config.scalars import flow_text
from pipeline.config.section import Section

_WIDTH: Final = 100
_BOUNDS: Final = {
    "exclusiveMinimum": "more than",
    "minimum": "at least",
    "maximum": "at most",
}
_HEAD: Final = """\
# Every option with its default, which it has wherever a configuration leaves it out; a working
# configuration gives at least the files and columns of `orders`. The sections `events` and
# `catalogue` are null by default and shown here with what they contain once they are given.
# Written from pipeline/config: change that, then run
# python -m pipeline.config.reference > configs/reference.yaml
"""


def reference_yaml() -> str:
    """Return the text of `configs/reference.yaml`."""
    return _HEAD + "\n".join(_section_lines(Config, "")) + "\n"


def _section_lines(section: type[Section], indent: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        default = field.get_default(call_default_factory=True, validated_data={})
        if not indent:
            yield ""
        yield from _comment(_meaning(section, name), indent)
        if isinstance(default, list) and below:
            yield from _list_lines(name, default, below, indent)
        elif below:
            yield f"{indent}{name}:"
            yield from _section_lines(below, indent + "  ")
        else:
            yield f"{indent}{name}: {flow_text(default)}"


def _list_lines(
    name: str, items: list[Section], below: type[Section], indent: str
) -> Iterator[str]:
    yield f"{indent}# Each entry has:"
    yield from _entry_lines(below, indent, "  ")
    yield f"{indent}{name}:" if items else f"{indent}{name}: []"
    for item in items:
        yield f"{indent}  - {flow_text(plain(item))}"


def _entry_lines(below: type[Section], indent: str, inner: str) -> Iterator[str]:
    for option, field in below.model_fields.items():
        text = f"{option}{_default(field)}: {_meaning(below, option)}"
        yield from _comment(text, indent, inner)
        if deeper := section_of(field.annotation):
            yield from _entry_lines(deeper, indent, inner + "  ")


def _comment(text: str, indent: str, inner: str = "") -> Iterator[str]:
    for line in wrap(" ".join(text.split()), _WIDTH - len(indent) - len(inner) - 2):
        yield f"{indent}# {inner}{line}"


def _meaning(section: type[Section], name: str) -> str:
    field = section.model_fields[name]
    variables = "`${NAME}` in it is an environment variable." if is_expandable(field) else ""
    return f"{field.description} {_allowed(section, name)} {variables}"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return " (required)"
    return f" (default {flow_text(plain(field.default))})"


def _allowed(section: type[Section], name: str) -> str:
    schema = _schemas(section)[name]
    choices = [*schema.get("anyOf", [schema]), schema.get("items", {})]
    parts = [part for choice in choices for part in _limits(choice)]
    return f"Allowed: {', '.join(parts)}." if any(part != "null" for part in parts) else ""


@cache
def _schemas(section: type[Section]) -> dict[str, Any]:
    return dict(section.model_json_schema()["properties"])


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    yield from map(flow_text, schema.get("enum", []))
    for key, words in _BOUNDS.items():
        if key in schema:
            yield f"{words} {flow_text(schema[key])}"
    if schema.get("type") == "null":
        yield "null"


if __name__ == "__main__":
    sys.stdout.write(reference_yaml())
