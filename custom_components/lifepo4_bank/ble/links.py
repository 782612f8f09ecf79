"""Many batteries, few connection slots: who may connect, who may stay connected.

A proxy or adapter has a handful of slots for everybody, and not every one hears every battery.
Among those that hear the same batteries one slot is left free for others; the rest is ours. Where
it is enough for all these batteries, links are kept; where not, they take turns: connect, read, let
go. The one that waited longest comes next, commands come first.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from ..core.battery import Seconds
from .errors import Reason, Unreachable
from .slots import SPARE, Neighbours, Slots, holder, neighbours, room

GATE: Seconds = 4.0
"""So long a connection in the making keeps others from starting theirs: several LiTime batteries
must not be connected in parallel, but one with a weak signal must not hold up the rest."""
RECHECK: Seconds = 1.0
"""Slots of others come free without a word; look again this often while somebody waits."""


@dataclass(slots=True, eq=False)
class _Member:
    """A battery that takes part."""

    let_go: Callable[[], Awaitable[None]]
    wants_to_keep: bool
    heard_by: frozenset[str] = frozenset()
    """Sources that heard it when it last advertised; while it is connected it does not."""
    open: bool = False
    busy: bool = False
    served: int = 0


@dataclass(slots=True, order=True)
class _Waiter:
    """Somebody in the queue, sorted by who comes next."""

    rank: tuple[bool, int, int]
    address: str = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)
    opens: bool = field(default=False, compare=False)
    """Whether its turn has come, and with it a slot that it did not have before."""

    @property
    def spare(self) -> int:
        """Slots that it leaves free; a command may take the last one."""
        urgent = not self.rank[0]
        return 0 if urgent else SPARE


class Links:
    """Shares the connection slots of all adapters and proxies among our batteries."""

    def __init__(
        self,
        slots: Callable[[], Sequence[Slots]] = tuple,
        heard_by: Callable[[str], Collection[str]] = lambda _: (),
    ) -> None:
        """Take two functions that are asked often and must be quick.

        `slots` tells what there is now, `heard_by` which sources hear an address now and can
        connect to it. A battery that was never heard may be within reach of any.
        """
        self._slots = slots
        self._heard_by = heard_by
        self._members: dict[str, _Member] = {}
        self._waiting: list[_Waiter] = []
        self._order = count(1)
        self._gate = asyncio.Lock()
        self._evictions: set[asyncio.Future[None]] = set()

    def join(self, address: str, let_go: Callable[[], Awaitable[None]], *, keep: bool) -> None:
        """Take part. `let_go` is called when an idle link must make room."""
        self._members[address] = _Member(let_go, keep)

    def leave(self, address: str) -> None:
        """Take part no longer."""
        self._members.pop(address, None)
        self.changed()

    def may_keep(self, address: str) -> bool:
        """Whether this link may stay open after its reading."""
        near = self._near(address)
        if near.fit(near.paths) and not any(other.address in near.paths for other in self._waiting):
            return True
        return address in self._reserved(near)

    def _near(self, address: str) -> Neighbours:
        """Look at a battery and those that share adapters with it."""
        slots = self._slots()
        free = room(slots, self._members)
        anywhere = frozenset(free)
        paths = {}
        for known, member in self._members.items():
            if heard_by := frozenset(self._heard_by(known)):
                member.heard_by = heard_by
            paths[known] = (member.heard_by & anywhere) or anywhere
        through = {
            known: holder(slots, known) for known, member in self._members.items() if member.open
        }
        return neighbours(address, paths, through, free)

    def _reserved(self, near: Neighbours) -> list[str]:
        """Batteries whose link stays open by the owner's wish; one slot goes round all the same."""
        kept: list[str] = []
        for address in near.paths:
            if self._members[address].wants_to_keep:
                wish = [*kept, address]
                others = {way: other for other, way in near.paths.items() if other not in wish}
                if all(near.fit([*wish, other]) for other in others.values()):
                    kept = wish
        return kept

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
        barred: frozenset[str] = frozenset()
        for waiter in tuple(self._waiting):
            member = self._members.get(waiter.address)
            if member is None or waiter.turn.done():
                continue
            if not member.open:
                # those behind must not overtake, unless they can go another way
                near = self._near(waiter.address).without(waiter.address, barred)
                links = [known for known in near.paths if self._members[known].open]
                if not near.fit([*links, waiter.address], waiter.spare):
                    barred |= near.paths[waiter.address]
                    self._make_room(waiter, near, links)
                    continue
            waiter.opens = not member.open
            member.open = member.busy = True
            waiter.turn.set_result(None)

    def _make_room(self, waiter: _Waiter, near: Neighbours, links: Sequence[str]) -> None:
        """Close an idle link that need not be kept: the one with the freshest reading.

        One on the waiter's own way; any other only where nothing but the spare slot is lacking.
        """
        way = near.paths[waiter.address]
        any_way = near.fit([*links, waiter.address], spare=0)
        reserved = self._reserved(near)
        idle = [
            (near.paths[known].isdisjoint(way), -self._members[known].served, known)
            for known in links
            if not self._members[known].busy and known not in reserved
        ]
        elsewhere, _, known = min(idle, default=(True, 0, ""))
        if known and not self._evictions and (any_way or not elsewhere):
            task = asyncio.ensure_future(self._members[known].let_go())
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
                if self._waiting[0] is waiter:
                    self.changed()
            turn.result()
        except BaseException:
            if waiter.opens:  # it gave up in the very moment when its turn came
                self._members[address].open = False
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
