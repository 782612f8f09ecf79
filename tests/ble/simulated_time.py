"""An event loop whose clock jumps to the next thing to do: hours pass in moments."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Skips all waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        this = cast("Any", self)
        due = [timer.when() for timer in this._scheduled if not timer.cancelled()]
        if due and not this._ready:
            self._now = max(self._now, min(due))
        super()._run_once()  # type: ignore[misc]


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run with simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(main)
