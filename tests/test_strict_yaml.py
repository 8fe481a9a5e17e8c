"""What the strict reader reads, what it refuses and where it says that it stands."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config.problems import dotted
from pipeline.config.scalars import flow_text
from pipeline.config.strict_yaml import MAX_BYTES, MAX_DEPTH, REFUSED, Document, read_yaml

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
TREES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), below)
    ),
    max_leaves=8,
)


def read(text: str) -> Document:
    return read_yaml(text.encode(), "f.yaml")


def problems(text: str) -> list[str]:
    document = read(text)
    return [
        f"{document.place(problem)} {dotted(problem.path)}: {problem.message}"
        for problem in document.problems
    ]


def only_problem(text: str) -> str:
    (problem,) = problems(text)
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("0.5", 0.5),
        (".5", 0.5),
        ("-2.", -2.0),
        ("1.0e-3", 0.001),
        ("1.7e+308", 1.7e308),
        ("2011-12-01", "2011-12-01"),
        ("2011-12-01T08:30:00Z", "2011-12-01T08:30:00Z"),
        ("2011-12-01 08:30:00", "2011-12-01 08:30:00"),
        ("12:3x", "12:3x"),
        ("85123A", "85123A"),
        ("Norway", "Norway"),
        ("=", "="),
        ("'no'", "no"),
        ('"010"', "010"),
        ('"\\t"', "\t"),
        ("|\n  1e5\n", "1e5\n"),
    ],
)
def test_a_plain_value_is_what_every_reader_takes_it_for(text: str, value: object) -> None:
    document = read(f"a: {text}")
    assert isinstance(document.tree, dict)
    assert [] == document.problems
    assert (type(value), value) == (type(document.tree["a"]), document.tree["a"])


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("no", "write true or false"),
        ("Yes", "write true or false"),
        ("on", "write true or false"),
        ("OFF", "write true or false"),
        ("True", "lower case"),
        ("NULL", "lower case"),
        ("010", "leave the zero out"),
        ("-007", "leave the zero out"),
        ("089", "leave the zero out"),
        ("0x1F", "decimal"),
        ("0o17", "decimal"),
        ("0b11", "decimal"),
        ("12:30", "base 60"),
        ("1:30:45.5", "base 60"),
        ("1_000", "without underscores"),
        ("1_000.5", "without underscores"),
        ("1e-3", "write 0.001 or 1.0e-3"),
        ("1e5", "write 100000.0 or 1.0e+5"),
        ("1.5e3", "write 1500.0 or 1.5e+3"),
        ("-2E-20", "write -2.0e-20"),
        ("1.0e+999", "too large"),
        ("9999999999999999999", "too large"),
        (".inf", "finite"),
        ("-.Inf", "finite"),
        (".nan", "finite"),
        ("*a", "alias *a"),
        ("&a 1", "anchors"),
        ("!!str 1", "tags"),
        ("! 1", "tags"),
        ("!!python/object/apply:os.system [id]", "tags"),
        ('"\\ud800"', "surrogate"),
    ],
)
def test_a_trap_is_refused_where_it_stands_with_advice(text: str, advice: str) -> None:
    problem = only_problem(f"# a comment\na:\n  b: {text}\n")
    assert problem.startswith("f.yaml:3:6 a.b: ")
    assert advice in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1 a: duplicate key; first given at line 1, column 1"),
        ("a: {b: 1, 'b': 2}", "f.yaml:1:11 a.b: duplicate key; first given at line 1, column 5"),
        ("a:\n  <<: {b: 1}", "f.yaml:2:3 a.<<: merge keys are not allowed"),
        ("1: a", "f.yaml:1:1 1: a key must be text"),
        ("? [a, b]\n: c", "f.yaml:1:3 ?: a key must be text"),
        ("~: c", "f.yaml:1:1 ~: a key must be text"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1 ---: a second document starts here: one file holds one"),
    ],
)
def test_a_structure_that_readers_differ_on_is_refused(text: str, expected: str) -> None:
    assert expected == only_problem(text)


def test_a_key_is_held_to_the_same_rules_as_a_value() -> None:
    assert only_problem("a: 1\non: 2").startswith("f.yaml:2:1 on: on: some readers")


def test_every_key_and_value_keeps_its_place() -> None:
    document = read("a: 1\nb:\n  - x\n  - {c: ü, d: [2]}\n")
    assert {"a": 1, "b": ["x", {"c": "ü", "d": [2]}]} == document.tree
    assert {
        "": "f.yaml:1:1",
        "a": "f.yaml:1:4",
        "b": "f.yaml:3:3",
        "b.0": "f.yaml:3:5",
        "b.1": "f.yaml:4:5",
        "b.1.c": "f.yaml:4:9",
        "b.1.d": "f.yaml:4:15",
        "b.1.d.0": "f.yaml:4:16",
    } == {dotted(path): str(origin) for path, origin in document.values.items()}
    assert "f.yaml:4:12" == str(document.keys["b", 1, "d"])


def test_reading_goes_on_after_a_refused_value() -> None:
    document = read("a: no\nb: [1, 010]\nc: 3\n")
    assert {"a": REFUSED, "b": [1, REFUSED], "c": 3} == document.tree
    assert ["a", "b.1"] == [dotted(problem.path) for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1", "indent with spaces, not tabs"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2", "expected ',' or ']'"),
        ("a: 'x\n", "f.yaml:2:1", "unexpected end of stream"),
        ("a: b: c\n", "f.yaml:1:5", "mapping values are not allowed here"),
        ('a: "\\UFFFFFFFF"\n', "f.yaml:1:7", "out of range"),
        ("a: 1\nb: \x07\n", "f.yaml:2:4", "U+0007"),
    ],
)
def test_a_text_that_is_no_yaml_is_refused_at_the_place(
    text: str, place: str, message: str
) -> None:
    problem = only_problem(text)
    assert problem.startswith(place)
    assert message in problem


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "byte order mark"])
def test_a_text_that_is_not_utf_8_is_refused_at_the_byte(mark: bytes) -> None:
    (problem,) = read_yaml(mark + "ä: 1\nb: ".encode() + b"\xe4", "f.yaml").problems
    assert ("f.yaml:2:4", "byte 0xe4 is not UTF-8: save the file as UTF-8") == (
        str(problem.origin),
        problem.message,
    )


def test_a_byte_order_mark_is_skipped() -> None:
    assert {"a": 1} == read_yaml(b"\xef\xbb\xbfa: 1\r\n", "f.yaml").tree


def test_nesting_ends_at_a_depth() -> None:
    assert [] == problems("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert "f.yaml:1:33 : nested more than 32 deep" == only_problem("[" * 900)
    assert "f.yaml:1:33 : nested more than 32 deep" == only_problem("[" * 100_000)


def test_a_text_ends_at_a_size() -> None:
    assert [] == problems("#" * MAX_BYTES)
    assert "f.yaml:1:1 : the text is longer than 262144 bytes" == only_problem(
        "#" * (MAX_BYTES + 1)
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~"])
def test_a_text_without_values_is_null(text: str) -> None:
    document = read(text)
    assert document.tree is None
    assert [] == document.problems


@given(TREES)
@example(["no", "1e5", "", "a: b", "\x85\u2028\x7f\ufffe😀", 1e-07, -0.0, 5e-324])
def test_a_value_that_was_written_is_read_again(tree: Any) -> None:
    document = read(flow_text(tree))
    assert [] == document.problems
    assert repr(tree) == repr(document.tree)


@given(st.binary(max_size=60) | st.text("ab:-[]{}!&*'\"|>?#%~ \n\t01e.\\Uu", max_size=40))
@example("%YAML 1" + "1" * 5000)
def test_any_text_is_a_tree_or_a_problem(text: str | bytes) -> None:
    document = read_yaml(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    for problem in document.problems:
        assert "f.yaml" == document.place(problem).file
