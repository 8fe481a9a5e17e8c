"""Compile every kernel now, so that no run has to: `python -m pipeline.mining.kernels`."""

import time
from importlib import import_module

from pipeline.mining.kernels.compiled import settings

KERNELS = (
    "vertical",
    "slots",
    "ordering",
    "fpgrowth",
    "apriori",
    "followers",
    "binomial",
    "pairs",
    "buyers",
    "targets",
    "fisher",
    "levels",
    "splits",
    "supersets",
    "recount",
    "sub_rules",
    "holders",
    "attached",
    "eligible_targets",
    "slot_filling",
)


def main() -> None:
    """Load or compile the kernels and tell what that took and where they are kept."""
    started = time.process_time()
    for name in KERNELS:
        import_module(f"pipeline.mining.kernels.{name}")
    seconds = time.process_time() - started
    print(f"kernels ready after {seconds:.1f} s of processor time, kept in {settings.CACHE_DIR}")


if __name__ == "__main__":
    main()
