"""A configuration file becomes the tree of options, or the list of all that is wrong with it."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config.load import LoadedConfig, config_lines, load_config
from pipeline.config.model import Config
from pipeline.config.options import options
from pipeline.config.problems import dotted
from pipeline.config.scalars import flow_text
from pipeline.config.source_options import Catalogue, Events
from pipeline.config.strict_yaml import MAX_PROBLEMS, read_yaml
from pipeline.errors import ConfigError
from tests.test_strict_yaml import TREES

ORDERS = """\
orders:
  files: orders.csv
  columns: {order_id: order, item_id: item, ordered_at: time}
"""
EVENTS = """\
events:
  files: log.csv
  columns: {visitor_id: visitor, item_id: item, viewed_at: time}
"""
CATALOGUE = """\
catalogue:
  files: items.csv
  columns: {item_id: item, name: name}
"""


def load(folder: Path, text: str, *overrides: str) -> LoadedConfig:
    """Load a text as `shop.yaml`."""
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, overrides)


def problems(folder: Path, text: str, *overrides: str) -> list[str]:
    """Return the lines of the message about a text that is not valid, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text, *overrides)
    return str(caught.value).replace(f"{folder}{os.sep}", "").split("\n")


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    config = load(tmp_path, ORDERS + "mining: {min_lift: 2}").config
    assert "orders.csv" == config.orders.files
    assert (2.0, 0.01, "fpgrowth") == (
        config.mining.min_lift,
        config.mining.min_support,
        config.mining.algorithm,
    )


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, ORDERS)
    assert tmp_path == loaded.folder


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "mining: {grain: basket}",
            (
                "4:17: mining.grain: basket is not allowed; "
                "expected 'order', 'customer_day' or 'customer'"
            ),
        ),
        (
            "mining: {min_suport: 0.1}",
            "4:10: mining.min_suport: unknown key; did you mean min_support?",
        ),
        ("minning: {}", "4:1: minning: unknown key; did you mean mining?"),
        (
            "output: {x: 1}",
            "4:10: output.x: unknown key; known are path, tables",
        ),
        (
            "engine: {threads: '2'}",
            '4:19: engine.threads: "2" is not allowed; expected a whole number',
        ),
        ("engine: {threads: 2.0}", "4:19: engine.threads: 2.0 is not allowed; expected a whole "),
        ("engine: {threads: true}", "4:19: engine.threads: true is not allowed; expected a whol"),
        ("engine: {threads: -1}", "4:19: engine.threads: -1 is not allowed; expected at least 0"),
        ("mining: {min_support: 0}", "4:23: mining.min_support: 0 is not allowed; expected more "),
        ("mining: {min_support: 1.5}", "4:23: mining.min_support: 1.5 is not allowed; expected "),
        ("mining: {min_lift: '1'}", '4:20: mining.min_lift: "1" is not allowed; expected a numb'),
        ("as_of: 20111201", "4:8: as_of: 20111201 is not allowed; expected text"),
        ("rfm: 5", "4:6: rfm: 5 is not allowed; expected a section of keys and values"),
        ("output: {tables: also_bought}", "4:18: output.tables: also_bought is not allowed; expe"),
        (
            "mining: {min_count: 5}",
            "4:9: mining: give min_support or min_count: set the other one to null",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(
    tmp_path: Path, text: str, line: str
) -> None:
    (problem,) = problems(tmp_path, ORDERS + text)
    assert problem.startswith(f"shop.yaml:{line}")


@pytest.mark.parametrize(
    ("files", "place"), [("3", "2:10: orders.files: 3"), ("[a, 3]", "2:14: orders.files.1: 3")]
)
def test_of_text_or_a_list_the_nearest_is_expected(tmp_path: Path, files: str, place: str) -> None:
    (problem,) = problems(tmp_path, ORDERS.replace("orders.csv", files))
    assert problem.startswith(f"shop.yaml:{place} is not allowed; expected text")


def test_all_problems_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
as_of: 2011-13-01
time_zone: Europe/Berln
orders:
  files: [a, 3]
  columns:
    order_id: no
    order_at: InvoiceDate
  lookups:
    - {files: b, colums: [c]}
mining:
  min_suport: 0.1
  min_lift: 1e-3
  min_confidence: 2
output: {tables: [also_bougt]}
rfm: &x
"""
    assert [
        "--set: nonsense: write section.key=value",
        "--set: engine.thread: unknown key; did you mean threads?",
        (
            "shop.yaml:1:8: as_of: '2011-13-01': write a date or an instant, like 2011-12-01, "
            "2011-12-01T08:30:00 or 2011-12-01T08:30:00+01:00"
        ),
        "shop.yaml:2:12: time_zone: 'Europe/Berln' is no time zone; did you mean Europe/Berlin?",
        (
            "shop.yaml:4:14: orders.files.1: 3 is not allowed; expected text (in quotes where it "
            "looks like something else)"
        ),
        (
            "shop.yaml:6:15: orders.columns.order_id: no: some readers take it for true or false: "
            "write true or false; put text in quotes"
        ),
        "shop.yaml:7:5: orders.columns.order_at: unknown column; did you mean ordered_at?",
        "shop.yaml:9:7: orders.lookups.0.key: required",
        "shop.yaml:9:7: orders.lookups.0.columns: required",
        "shop.yaml:9:18: orders.lookups.0.colums: unknown key; did you mean columns?",
        "shop.yaml:11:3: mining.min_suport: unknown key; did you mean min_support?",
        "shop.yaml:12:13: mining.min_lift: 1e-3: write 0.001 or 1.0e-3; put text in quotes",
        "shop.yaml:13:19: mining.min_confidence: 2 is not allowed; expected at most 1",
        "shop.yaml:14:19: output.tables.0: 'also_bougt' is no table; did you mean also_bought?",
        "shop.yaml:15:6: rfm: anchors are not allowed: write the value out",
    ] == problems(tmp_path, text, "engine.thread=1", "nonsense")


def test_a_problem_is_not_followed_by_its_consequences(tmp_path: Path) -> None:
    assert 1 == len(problems(tmp_path, ORDERS.replace("files:", "fils:")))
    assert 1 == len(problems(tmp_path, ORDERS.replace("orders.csv", "5")))
    assert 1 == len(problems(tmp_path, ORDERS + "mining: {min_support: 7, min_count: 5}"))
    assert 1 == len(problems(tmp_path, "\torders: {}"))


def test_a_key_beside_the_one_that_was_meant_hides_nothing(tmp_path: Path) -> None:
    assert [
        "shop.yaml:4:10: mining.min_suport: unknown key; did you mean min_support?",
        "shop.yaml:4:40: mining.min_support: 2 is not allowed; expected at most 1 or 'auto'",
    ] == problems(tmp_path, ORDERS + "mining: {min_suport: 0.1, min_support: 2}")


def test_a_message_cannot_be_broken_or_coloured_by_what_the_file_says(tmp_path: Path) -> None:
    assert [
        "shop.yaml:4:1: a\\nb\\x1b[31m: unknown key; known are " + ", ".join(Config.model_fields)
    ] == problems(tmp_path, ORDERS + '"a\\nb\\e[31m": 1')


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [" + "*a, " * 50_000 + "]", id="aliases"),
        pytest.param("a: [" + "&a 1, " * 40_000 + "]", id="anchors"),
        pytest.param("a: 1\n" * 50_000, id="duplicate keys"),
        pytest.param("".join(f"a{number}: 1\n" for number in range(5_000)), id="unknown keys"),
        pytest.param("orders: {files: [" + "1, " * 5_000 + "]}", id="wrong values"),
        pytest.param(
            "orders: {columns: {" + ", ".join(f"c{n}: x" for n in range(5_000)) + "}}",
            id="unknown columns",
        ),
    ],
)
def test_of_very_many_problems_the_first_are_told(tmp_path: Path, text: str) -> None:
    told = problems(tmp_path, text)
    assert MAX_PROBLEMS + 1 == len(told)
    assert "shop.yaml: only the first 100 problems were looked for" == told[-1]


@pytest.mark.parametrize("text", ["5", "[a]", "text"])
def test_a_file_that_is_no_section_is_refused(tmp_path: Path, text: str) -> None:
    assert ["shop.yaml:1:1: expected a section of keys and values"] == problems(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: .*\(No such file or directory\)"):
        load_config(tmp_path / "none.yaml")


def test_an_override_replaces_the_value_of_the_file(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        ORDERS + "mining: {min_lift: 2}",
        "mining.min_lift=3",
        "orders.files=[a.csv, 'b c.csv']",
        "as_of=2011-12-01",
        "engine.threads=2",
        "engine.threads=4",
        "rfm.lookback_days=",
    )
    config = loaded.config
    assert (3.0, ["a.csv", "b c.csv"], "2011-12-01", 4, None) == (
        config.mining.min_lift,
        config.orders.files,
        config.as_of,
        config.engine.threads,
        config.rfm.lookback_days,
    )


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("engine.threads", "engine.threads: write section.key=value"),
        ("engine..threads=1", "engine..threads=1: write section.key=value"),
        ("engine.thread=1", "engine.thread: unknown key; did you mean threads?"),
        ("enigne.threads=1", "enigne: unknown key; did you mean engine?"),
        ('engine.threads="1"', 'engine.threads: "1" is not allowed; expected a whole number'),
        ("mining.min_lift=1e-3", "mining.min_lift: '1e-3' cannot be read; put text in quotes: 1e"),
        ("orders.csv.delimiter=,", "orders.csv.delimiter: ',' cannot be read; put text in quote"),
        ("orders.files.name=a", "orders.files.name: orders.files is not a section: set it as a w"),
        (
            "orders.files.csv.name=a",
            "orders.files.csv.name: orders.files.csv is not a section: set",
        ),
        ("time_zone=Europe/Berln", "time_zone: 'Europe/Berln' is no time zone; did you mean Eur"),
    ],
)
def test_an_override_is_held_to_the_same_rules(tmp_path: Path, override: str, line: str) -> None:
    (problem,) = problems(tmp_path, ORDERS, override)
    assert problem.startswith(f"--set: {line}")


def test_every_option_has_its_origin(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        ORDERS + "events:\nrfm:\n  lookback_days: ~\n",
        "engine.threads=2",
        "catalogue={files: c.csv, columns: {item_id: id}}",
    )
    assert {dotted(path) for path, _ in options(loaded.config)} == set(loaded.origins)
    assert {
        "orders.files": "shop.yaml:2:10",
        "orders.columns.item_id": "shop.yaml:3:39",
        "events": "shop.yaml:4:8",
        "rfm.lookback_days": "shop.yaml:6:18",
        "engine.threads": "--set",
        "orders.columns.order_id": "shop.yaml:3:23",
        "orders.columns.ordered_at": "shop.yaml:3:57",
        "catalogue.files": "--set",
        "catalogue.columns.item_id": "--set",
    } == {
        key: origin.replace(f"{tmp_path}{os.sep}", "")
        for key, origin in loaded.origins.items()
        if origin != "default"
    }


def test_the_lines_of_a_configuration_load_to_the_same_configuration(tmp_path: Path) -> None:
    loaded = load(tmp_path, ORDERS + CATALOGUE + "mining: {min_support: 0.00001}")
    lines = config_lines(loaded)
    assert ("orders.columns.order_id", "order", f"{loaded.path}:3:23") in lines
    assert ("mining.min_support", "1.0e-05", f"{loaded.path}:7:23") in lines
    assert ("orders.csv.quote", '"\\""', "default") in lines
    again = load(tmp_path, "", *(f"{key}={value}" for key, value, _ in lines))
    assert loaded.config == again.config


KEYS = st.sampled_from(
    [
        *Config.model_fields,
        *("files", "columns", "csv", "lookups", "timestamps", "formats", "zone", "non_products"),
        *("patterns", "item_id", "min_support", "min_count", "segments", "name", "recency"),
    ]
)
SECTIONS = st.recursive(
    TREES,
    lambda below: (
        st.dictionaries(KEYS, below, max_size=4)
        | st.lists(st.dictionaries(KEYS, below, max_size=3), max_size=2)
    ),
    max_leaves=10,
)


OPTIONS = [dotted(path) for path, _ in options(Config(events=Events(), catalogue=Catalogue()))]
VALUES = TREES | st.sampled_from(
    [1, 0.5, "UTC", "iso", [], ["a"], ["%Y"], {"item_id": "a"}, True, None, "whitespace", "4GB"]
)


def check_that_it_loads_or_is_refused(path: Path, tree: object, overrides: list[str]) -> None:
    path.write_text(flow_text(tree), encoding="utf-8")
    try:
        loaded = load_config(path, overrides)
    except ConfigError as error:
        lines = str(error).split("\n")
        if not all(line.startswith((f"{path}:", "--set: ")) for line in lines):
            pytest.fail(f"a line has no place: {lines}")
    else:
        assert len(loaded.origins) == len(config_lines(loaded))


@given(SECTIONS)
@example({"orders": {"lookups": [{"files": 3}, {}]}, "rfm": {"segments": [{"name": 1}]}})
@example({"mining": {"min_support": None, "x": 1}, "as_of": "0001-01-01T00:00+14:00"})
@example({"time_zone": "../x", "orders": {"csv": {"encoding": "\0"}}})
@example({"orders": {"non_products": {"patterns": ["(", "\\1", "a{2000}", "\0"]}}})
def test_any_tree_loads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, tree: object
) -> None:
    check_that_it_loads_or_is_refused(tmp_path_factory.getbasetemp() / "a.yaml", tree, [])


@given(st.dictionaries(st.sampled_from(OPTIONS), VALUES, max_size=3))
def test_any_options_load_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    tree = read_yaml(ORDERS.encode(), "shop.yaml").tree
    overrides = [f"{key}={flow_text(value)}" for key, value in values.items()]
    check_that_it_loads_or_is_refused(tmp_path_factory.getbasetemp() / "b.yaml", tree, overrides)
