"""Many batteries, few connection slots: who may connect, who may stay connected.

A proxy or adapter has a handful of slots for everybody. One is left free for others; the
rest is ours. Where it is enough for all batteries, links are kept; where not, batteries take
turns: connect, read, let go. The one that waited longest comes next, commands come first.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from ..core.battery import Seconds
from .errors import Reason, Unreachable

SPARE = 1
"""Slots left for other integrations."""
ASSUMED_SLOTS = 3
"""What a proxy has by default; counts where no adapter tells its number."""
GATE: Seconds = 4.0
"""So long a connection in the making keeps others from starting theirs: several LiTime batteries
must not be connected in parallel, but one with a weak signal must not hold up the rest."""
RECHECK: Seconds = 1.0
"""Slots of others come free without a word; look again this often while somebody waits."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Connection slots of one adapter or proxy."""

    source: str
    total: int
    """0 if it does not tell."""
    allocated: Collection[str] = ()
    """Addresses connected through it, ours and others'."""


@dataclass(slots=True, eq=False)
class _Member:
    """A battery that takes part."""

    let_go: Callable[[], Awaitable[None]]
    wants_to_keep: bool
    open: bool = False
    busy: bool = False
    served: int = 0


@dataclass(slots=True, order=True)
class _Waiter:
    """Somebody in the queue, sorted by who comes next."""

    rank: tuple[bool, int, int]
    address: str = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Links:
    """Shares the connection slots of all adapters and proxies among our batteries."""

    def __init__(self, slots: Callable[[], Sequence[Slots]] = tuple) -> None:
        """`slots` tells what there is now; it is asked often and must be quick."""
        self._slots = slots
        self._members: dict[str, _Member] = {}
        self._waiting: list[_Waiter] = []
        self._order = count(1)
        self._gate = asyncio.Lock()
        self._evictions: set[asyncio.Future[None]] = set()

    @property
    def budget(self) -> int:
        """How many links we may have at once; at least one."""
        known = [slots for slots in self._slots() if slots.total]
        total = sum(slots.total for slots in known) if known else ASSUMED_SLOTS
        # a proxy tells some moments late that we let go, so ours never count as others'
        ours = {address.upper() for address in self._members}
        taken = {address.upper() for slots in known for address in slots.allocated}
        others = taken - ours
        return max(1, total - SPARE - len(others))

    def join(self, address: str, let_go: Callable[[], Awaitable[None]], *, keep: bool) -> None:
        """Take part. `let_go` is called when an idle link must make room."""
        self._members[address] = _Member(let_go, keep)

    def leave(self, address: str) -> None:
        """Take part no longer."""
        self._members.pop(address, None)
        self.changed()

    def may_keep(self, address: str) -> bool:
        """Whether this link may stay open after its reading."""
        fits = len(self._members) <= self.budget and not self._waiting
        return fits or address in self._reserved()

    def _reserved(self) -> list[str]:
        """Batteries whose link stays open by the owner's wish; one slot goes round all the same."""
        wishes = [address for address, member in self._members.items() if member.wants_to_keep]
        return wishes[: max(0, self.budget - 1)]

    def closed(self, address: str) -> None:
        """Tell that the link of a battery is no longer open."""
        if (member := self._members.get(address)) is not None:
            member.open = False
        self.changed()

    def withdraw(self, address: str) -> None:
        """End the waiting of a battery that is left to somebody else."""
        for waiter in self._waiting:
            if waiter.address == address and not waiter.turn.done():
                waiter.turn.set_exception(Unreachable(Reason.RELEASED))

    def changed(self) -> None:
        """Look who can go ahead; also call it when slots come or go."""
        room = self.budget - sum(member.open for member in self._members.values())
        for waiter in tuple(self._waiting):
            member = self._members.get(waiter.address)
            if member is None or waiter.turn.done():
                continue
            urgent = not waiter.rank[0]
            if not member.open:
                if room + SPARE * urgent <= 0:
                    self._make_room()
                    # those behind must not overtake, unless their link is open anyway
                    room = -SPARE
                    continue
                room -= 1
            member.open = member.busy = True
            waiter.turn.set_result(None)

    def _make_room(self) -> None:
        """Close an idle link that need not be kept: the one with the freshest reading."""
        reserved = self._reserved()
        idle = [
            (-member.served, address)
            for address, member in self._members.items()
            if member.open and not member.busy and address not in reserved
        ]
        if idle and not self._evictions:
            task = asyncio.ensure_future(self._members[min(idle)[1]].let_go())
            self._evictions.add(task)
            task.add_done_callback(self._evictions.discard)

    @asynccontextmanager
    async def turn(
        self, address: str, patience: Seconds, *, urgent: bool = False
    ) -> AsyncIterator[None]:
        """Hold a slot for one battery; wait for it if need be.

        Raises Unreachable (no slot) if none came free within `patience`.
        """
        member = self._members[address]
        try:
            try:
                async with asyncio.timeout(patience):
                    await self._wait(address, urgent)
            except TimeoutError:
                raise Unreachable(Reason.NO_SLOT, detail="none came free") from None
            yield
        finally:
            member.busy = False
            member.served = next(self._order)
            self.changed()

    @asynccontextmanager
    async def connecting(self) -> AsyncIterator[None]:
        """Start one connection after the other, without waiting for a slow one for ever."""
        await self._gate.acquire()
        loop = asyncio.get_running_loop()
        opened = False

        def unlock() -> None:
            nonlocal opened
            if not opened:
                opened = True
                self._gate.release()

        timer = loop.call_later(GATE, unlock)
        try:
            yield
        finally:
            timer.cancel()
            unlock()

    async def _wait(self, address: str, urgent: bool) -> None:
        """Queue until it is this battery's turn."""
        turn = asyncio.get_running_loop().create_future()
        served = self._members[address].served
        waiter = _Waiter((not urgent, served, next(self._order)), address, turn)
        self._waiting.append(waiter)
        self._waiting.sort()
        try:
            self.changed()
            while not turn.done():
                await asyncio.wait((turn,), timeout=RECHECK)
                self.changed()
            turn.result()
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
