"""The one clock of physics and radio: the event loop's, at a speed that can be chosen."""

import asyncio
from collections.abc import Callable


class Clock:
    """Virtual seconds; at speed 10 one passes in a tenth of a second of the event loop."""

    def __init__(self, speed: float = 1.0, start: float = 0.0) -> None:
        """Start at `start`, within a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._speed = speed
        self._mark = self._loop.time()
        self._passed = start

    def time(self) -> float:
        """Return the virtual seconds; they never jump."""
        return self._passed + (self._loop.time() - self._mark) * self._speed

    @property
    def speed(self) -> float:
        """How many times faster than the event loop."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("the speed must be above 0")
        self._passed, self._mark = self.time(), self._loop.time()
        self._speed = speed

    def later[*Args](
        self, delay: float, call: Callable[[*Args], object], *args: *Args
    ) -> asyncio.TimerHandle:
        """Call after `delay` seconds."""
        return self._loop.call_later(delay / self._speed, call, *args)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds / self._speed)
