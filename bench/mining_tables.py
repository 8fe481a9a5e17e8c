"""The tables of `bench/mining.py` in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mining_run import Runs

BEGIN, END = "<!-- bench/mining.py writes from here -->", "<!-- to here -->"
BORGELT = ("pyfim fpgrowth", "pyfim eclat")
OTHERS = (
    "rusket fpgrowth",
    "mlxtend fpgrowth",
    "efficient-apriori",
    "PAMI fpgrowth",
    "SPMF fpgrowth",
    "Spark fpgrowth",
)


@dataclass(frozen=True)
class Case:
    """One data set at one support, and what was found.

    Attributes:
        name: Data set.
        support: As it is said.
        min_count: Smallest number of baskets.
        lost: Itemsets of items that are in every basket, and the sum of their counts: pyfim
            does not find them.
        found: Runs of each miner.
    """

    name: str
    support: str
    min_count: int
    lost: tuple[int, int]
    found: dict[str, Runs]

    def agrees(self, miner: str) -> bool:
        """Whether a miner found as many itemsets as ours, and the same sum of counts."""
        expected = self.found["ours fpgrowth"].found
        if miner.startswith("pyfim"):
            expected = expected[0] - self.lost[0], expected[1] - self.lost[1]
        return self.found[miner].found == expected

    def ratio(self, peers: Sequence[str], mine: str = "ours fpgrowth") -> str:
        """Return our processor time divided by that of the best of some peers."""
        took = [self.found[peer].processor for peer in peers if self._ran(peer)]
        if not self._ran(mine) or not took:
            return ""
        return f"{self.found[mine].processor / max(min(took), 1e-4):.2g}"

    def memory_ratio(self, peer: str) -> str:
        """Return our memory divided by a peer's."""
        if not self._ran(peer):
            return ""
        ours = self.found["ours fpgrowth"].megabytes
        return f"{ours / max(self.found[peer].megabytes, 0.1):.2g}"

    def _ran(self, miner: str) -> bool:
        return miner in self.found and bool(self.found[miner].runs)


def ratio_table(cases: Sequence[Case]) -> Iterator[str]:
    """Yield one row for each case: how we stand against each peer."""
    peers = [f"/ {other.removesuffix(' fpgrowth')}" for other in OTHERS]
    heads = ["data", "support", "itemsets", "fpgrowth s", "/ Borgelt's best", *peers]
    heads += ["apriori / Borgelt's", "memory / rusket"]
    yield _line(heads)
    yield _line(["---"] * 2 + ["---:"] * (len(heads) - 2))
    for case in cases:
        ours = case.found["ours fpgrowth"]
        ratios = [case.ratio(BORGELT), *(case.ratio([other]) for other in OTHERS)]
        ratios.append(case.ratio(["pyfim apriori"], "ours apriori"))
        ratios.append(case.memory_ratio("rusket fpgrowth"))
        figures = [f"{ours.found[0]:,}", f"{ours.processor:.3f}"]
        yield _line([case.name, case.support, *figures, *ratios])


def full_table(cases: Sequence[Case]) -> Iterator[str]:
    """Yield one row for each miner of each case: medians and how many runs these are of."""
    heads = ["data", "min count", "miner", "itemsets", "runs", "processor s", "wall s", "MB"]
    yield _line(heads)
    yield _line(["---", "---:", "---", *["---:"] * 5])
    for case in cases:
        for miner, runs in case.found.items():
            yield _line([case.name, str(case.min_count), miner, *_figures(case, miner, runs)])


def _figures(case: Case, miner: str, runs: Runs) -> list[str]:
    if not runs.runs:
        return [runs.note, "", "", "", ""]
    mark = "" if case.agrees(miner) else " (differs)"
    seconds = [f"{runs.processor:.3f}", f"{runs.wall:.3f}"]
    return [f"{runs.found[0]:,}{mark}", str(len(runs.runs)), *seconds, f"{runs.megabytes:.0f}"]


def thread_line(case: Case) -> str:
    """Return how two threads compare with one."""
    one, two = case.found["one thread"], case.found["two threads"]
    if not (one.runs and two.runs):
        return f"| {case.support} | {one.note} | {two.note} | | |"
    return (
        f"| {case.support} | {one.wall:.2f} | {two.wall:.2f} | {two.wall / one.wall:.2f} "
        f"| {two.processor / one.processor:.2f} |"
    )


def write_between(path: Path, text: str) -> None:
    """Put the text between the two marks of a file, which are added where there are none."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN not in old:
        old += f"\n{BEGIN}\n{END}\n"
    before, _, rest = old.partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
