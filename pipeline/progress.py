"""Tell what the run is doing: a bar on a terminal, JSON lines elsewhere, always on stderr."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(frozen=True)
class StageTiming:
    """What one stage took.

    Attributes:
        stage: Its name.
        seconds: Wall time.
        processor_seconds: Processor time of all threads.
        peak_megabytes: Highest memory of the process until its end.
    """

    stage: str
    seconds: float
    processor_seconds: float
    peak_megabytes: float


@dataclass
class Progress:
    """Reports stages as they start and end; it never decides a result.

    Args:
        stream: Where to report; None reports nothing.
        stage_count: Number of stages to come, for the bar.
    """

    stream: TextIO | None = None
    stage_count: int = 0
    timings: list[StageTiming] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Report and time one stage."""
        self._show(name)
        started, used = time.perf_counter(), time.process_time()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        timing = StageTiming(name, time.perf_counter() - started, time.process_time() - used, peak)
        self.timings.append(timing)
        if not self._is_terminal:
            self._log(
                event="stage_done",
                stage=name,
                seconds=round(timing.seconds, 3),
                processor_seconds=round(timing.processor_seconds, 3),
                peak_megabytes=round(peak),
            )

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._is_terminal:
            self._clear()

    @property
    def _is_terminal(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def _show(self, name: str) -> None:
        if not self._is_terminal:
            return
        done, width = len(self.timings), 24
        filled = width * done // max(1, self.stage_count)
        seconds = sum(timing.seconds for timing in self.timings)
        self._clear()
        bar = "█" * filled + "░" * (width - filled)
        self._print(f"{bar} {seconds:6.1f} s  {name}", end="")

    def _clear(self) -> None:
        self._print("\r\x1b[2K", end="")

    def _log(self, **entry: object) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._print(json.dumps({"at": at, **entry}), end="\n")

    def _print(self, text: str, end: str) -> None:
        """Nobody may be listening any more: a run does not fail for that, it goes on silently."""
        if self.stream is None:
            return
        try:
            print(text, end=end, file=self.stream, flush=True)
        except OSError:
            self.stream = None
