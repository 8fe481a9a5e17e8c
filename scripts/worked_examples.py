"""Tables worked by hand, for docs/tables.md: the drawn rows are those that the tests compute.

Each `text` block is one drawn table; their order is told where a table is. An instant such as
`4d` is midnight after so many days, `20d+9h` nine hours later.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes:
        title: What it shows.
        setting: What has to be known before the rows.
        sales: Drawn sale lines.
        result: Drawn rows of the table.
        explanation: Why the rows are these.
        views: Drawn views, if there is a browse log.
    """

    title: str
    setting: str
    sales: str
    result: str
    explanation: str
    views: str = ""

    def markdown(self) -> str:
        """Return it as a paragraph, drawn tables and another paragraph."""
        views = f"Views:\n\n{_block(self.views)}\n" if self.views else ""
        return (
            f"**By hand: {self.title}.** {self.setting}\n\n{views}"
            f"Sale lines:\n\n{_block(self.sales)}\nRows:\n\n{_block(self.result)}\n"
            f"{self.explanation}\n"
        )


def _block(table: str) -> str:
    return f"```text\n{table.strip()}\n```\n"


PERCENTAGES = Example(
    "three percentages",
    "Ten visitors look at A on day 3, and five of them buy something within seven days. The run "
    "stands for day 20.",
    views="""
visitor | item | at
v1      | A    | 3d
v2      | A    | 3d
v3      | A    | 3d
v4      | A    | 3d
v5      | A    | 3d
v6      | A    | 3d
v7      | A    | 3d
v8      | A    | 3d
v9      | A    | 3d
v10     | A    | 3d
""",
    sales="""
order | customer | item | at
1     | v1       | A    | 4d
2     | v2       | A    | 4d
3     | v3       | A    | 4d
4     | v4       | C    | 4d
5     | v5       | B    | 4d
6     | v5       | A    | 5d
""",
    result="""
target_kind | target_item_id | n_target | pct_of_buyers | pct_of_buyers_any | pct_of_viewers
own         | A              | 4        | 80            | 80                | 40
item        | B              | 1        | 0             | 20                | 10
item        | C              | 1        | 20            | 20                | 10
other       | -              | 0        | 0             | 0                 | 0
none        | -              | 5        | -             | -                 | 50
""",
    explanation="v5 bought B first and A in a later order: the last order counts, so B is what "
    "nobody ended with (0), what one of five buyers bought at all (20), and what one "
    "of ten viewers bought (10). `pct_of_buyers` sums to 100; the other two need not.",
)

CENSORING = Example(
    "who is not counted yet",
    "The horizon is seven days and the run stands for day 20, so only first views up to day 13 "
    "leave a whole horizon.",
    views="""
visitor | item | at
ann     | A    | 5d
ann     | A    | 15d
bob     | A    | 12d
cid     | A    | 4d
dan     | A    | 15d
eve     | A    | 14d
""",
    sales="""
order | customer | item | at
1     | ann      | B    | 8d
2     | bob      | A    | 14d
3     | cid      | B    | 13d
4     | dan      | A    | 16d
5     | bob      | B    | 4d
""",
    result="""
target_kind | target_item_id | n_viewers | n_buyers | n_target | pct_of_buyers | pct_of_viewers
own         | A              | 3         | 2        | 1        | 50            | 33.33
item        | B              | 3         | 2        | 1        | 50            | 33.33
other       | -              | 3         | 2        | 0        | 0             | 0
none        | -              | 3         | 2        | 1        | -             | 33.33
""",
    explanation="dan and eve may still buy until days 22 and 21: neither is a viewer, though dan "
    "has bought already. Were dan counted and eve not, a quick buyer would weigh more"
    " than a slow one. ann is counted from the first view on, so the second does not "
    "matter. cid bought too late and is a viewer who bought nothing; bob's B was "
    "bought before the view.",
)

BASELINE = Example(
    "the baseline",
    "`max_gap_days` is 20 and the run stands for day 100, so first purchases up to day 79 count.",
    sales="""
order | customer | item    | at
1     | ann      | printer | 0d
2     | ann      | ink     | 10d
3     | ann      | ink     | 12d
4     | bob      | printer | 0d
5     | bob      | ink     | 30d
6     | cid      | cable   | 0d
7     | cid      | printer | 20d+9h
8     | cid      | ink     | 20d+17h
9     | dan      | cable   | 0d
10    | dan      | ink     | 12d
11    | eve      | printer | 85d
12    | eve      | ink     | 90d
""",
    result="""
source_item_id|target_item_id|joint_count|source_count|baseline_target_count|baseline_count|lift
printer       |ink           |1          |3           |3                    |4             |0.44
cable         |ink           |2          |2           |3                    |4             |1.33
cable         |printer       |1          |2           |1                    |4             |2
""",
    explanation="Printer, then ink: ann, bob and cid bought a printer in time, eve did not. ann "
    "bought ink within 20 days (once, after 10); bob's came after 30; cid's on the "
    "same day is no later step: 1 of 3. The baseline asks the same of everybody's "
    "first order, whatever was in it: those of ann, bob, cid and dan leave 20 days, "
    "and ann, cid and dan bought ink within them: 3 of 4. So a printer says less of "
    "ink (lift (1/3) / (3/4)) than any first order does.",
)

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "view_then_bought": (PERCENTAGES, CENSORING),
    "bought_next": (BASELINE,),
}
"""The examples of a table, by its name."""
