"""Every SQL file of the stages is written in the subset that DuckDB and Spark read alike."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from sqlglot import TokenType, exp, parse_one, tokenize

FILES = {
    path.name.removesuffix(".sql"): path.read_text(encoding="utf-8")
    for path in files("pipeline.mining").joinpath("sql").iterdir()
    if path.name.endswith(".sql")
}
FUNCTIONS = {
    # The same name, arguments and result on both engines, NULLs and edges included.
    "abs", "and", "case", "cast", "chr", "coalesce", "count", "dense_rank", "exists",
    "first_value", "floor", "greatest", "if", "lag", "least", "ln", "lower", "max", "md5", "min",
    "nullif", "or", "row_number", "sign", "sqrt", "substr", "substring", "sum", "upper",
}  # fmt: skip
MUST_BE_CAST = (exp.Sum, exp.RowNumber, exp.DenseRank)
_COMMENT = re.compile(r"--[^\n]*")
_STRING = re.compile(r"'[^']*'")

every_file = pytest.mark.parametrize("table", sorted(FILES))
both_dialects = pytest.mark.parametrize("dialect", ["duckdb", "spark"])


@cache
def statement(table: str, dialect: str = "duckdb") -> exp.Expr:
    """Parse a file, for Spark after the one change that its engine makes: `$name` to `:name`."""
    text = FILES[table] if dialect == "duckdb" else FILES[table].replace("$", ":")
    return parse_one(text, dialect=dialect)


def code(table: str) -> str:
    """Return the text of a file without its comments and strings."""
    return _STRING.sub("''", _COMMENT.sub("", FILES[table]))


def function_name(call: exp.Func) -> str:
    """Return the name of a function, known to sqlglot or not."""
    return (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()


def is_cast(call: exp.Func) -> bool:
    """Whether the value of a call is cast, or only compared, inside its own select."""
    nearest = call.find_ancestor(exp.Cast, exp.Predicate, exp.Select)
    return not isinstance(nearest, exp.Select)


def order_terms(table: str) -> list[str]:
    """Return the terms of every `order by` as text, windows included."""
    tokens = tokenize(FILES[table], read="duckdb")
    starts = [n for n, token in enumerate(tokens) if token.token_type == TokenType.ORDER_BY]
    return [term for start in starts for term in _terms(tokens[start + 1 :])]


def _terms(tokens: list[Any]) -> list[str]:
    depth, terms = 0, [""]
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0 or (depth == 0 and token.text in {"rows", "range", "limit"}):
            break
        if depth == 0 and token.text == ",":
            terms.append("")
        else:
            terms[-1] += f" {token.text}"
    return terms


def test_order_terms_are_found_in_windows_and_at_the_end() -> None:
    FILES["probe"] = "select sum(a) over (order by f(a, b) asc, c rows x) from t order by d limit 1"
    terms = order_terms("probe")
    del FILES["probe"]
    assert [" f ( a , b ) asc", " c", " d"] == terms


@every_file
@both_dialects
def test_a_file_is_one_select_in_both_dialects(table: str, dialect: str) -> None:
    assert isinstance(statement(table, dialect), exp.Select | exp.Union)
    assert ";" not in code(table)


@every_file
@both_dialects
def test_functions_stand_on_the_list(table: str, dialect: str) -> None:
    names = {function_name(call) for call in statement(table, dialect).find_all(exp.Func)}
    # sqlglot reads the cast of Spark before version 4, which gave NULL, as a try_cast.
    assert set() == names - FUNCTIONS - ({"try_cast"} if dialect == "spark" else set())


@every_file
def test_the_first_line_is_the_grain(table: str) -> None:
    assert FILES[table].startswith("-- one row per ")
    assert FILES[table].endswith("\n")


@every_file
def test_a_file_is_short(table: str) -> None:
    assert len(FILES[table].splitlines()) <= 60
    assert len(list(statement(table).find_all(exp.CTE))) <= 4


@every_file
def test_keywords_and_names_are_lower_case(table: str) -> None:
    assert code(table).lower() == code(table)


@every_file
def test_every_order_says_its_direction_and_where_null_stands(table: str) -> None:
    unclear = [t for t in order_terms(table) if not re.search(r" (asc|desc) nulls last$", t)]
    assert [] == unclear


@every_file
def test_sums_and_ranks_are_cast_because_the_engines_give_them_different_types(table: str) -> None:
    calls = statement(table).find_all(*MUST_BE_CAST)
    assert [] == [call.sql() for call in calls if not is_cast(call)]


@every_file
def test_a_limit_follows_an_order(table: str) -> None:
    for limit in statement(table).find_all(exp.Limit):
        assert limit.parent is not None
        assert limit.parent.args.get("order") is not None


@every_file
def test_nothing_is_divided_as_integers_or_joined_by_commas(table: str) -> None:
    text = code(table)
    assert "//" not in text
    assert [] == [join.sql() for join in statement(table).find_all(exp.Join)
                  if not (join.args.get("on") or join.kind == "CROSS")]  # fmt: skip


@every_file
def test_bound_values_named_in_comments_are_bound(table: str) -> None:
    named = set(re.findall(r"\$[a-z_]+", FILES[table]))
    assert named == set(re.findall(r"\$[a-z_]+", _COMMENT.sub("", FILES[table])))
