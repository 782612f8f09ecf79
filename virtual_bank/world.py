"""The virtual bank as a whole: batteries, their radios, the proxies that hear them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, override

from .bms import Reading
from .clock import Clock
from .load import Constant
from .proxy import DEFAULT_SLOTS, BluetoothProxy
from .radio import Radio
from .scenario import Scenario
from .wire import Battery

STEP = 0.25
"""Seconds of the event loop between two steps of the physics, where nobody reads."""


class _Port(Battery):
    """Where the Bluetooth module meets the battery."""

    def __init__(self, world: World, battery: str) -> None:
        self._world = world
        self._battery = battery

    @override
    def reading(self) -> Reading:
        self._world.catch_up()
        return self._world.bank.reading(self._battery)

    @override
    def command(self, mosfet: str, on: bool) -> None:
        self._world.switch(self._battery, mosfet, on)


class World:
    """A scenario being played."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        *,
        proxies: int = 1,
        slots: int = DEFAULT_SLOTS,
        seed: int = 0,
        scan_responses_need_active: bool = False,
    ) -> None:
        """Build the batteries and their proxies; `start` puts them on the air."""
        self.scenario = scenario
        self.clock = clock
        self.bank = scenario.bank(seed)
        self.catch_up()
        self.radios: dict[int, Radio] = {}
        self.by_battery: dict[str, Radio] = {}
        self._stuck = {scenario.layout.batteries[place] for place in scenario.isolated}
        for battery in scenario.layout.batteries:
            wire = scenario.family(battery).wire(
                battery, scenario.name(battery), _Port(self, battery)
            )
            radio = Radio(wire, clock, seed=seed)
            self.radios[radio.address] = self.by_battery[battery] = radio
        self.proxies = [
            BluetoothProxy(
                f"virtual-proxy-{number}",
                f"C0:FF:EE:00:00:{number:02X}",
                self.radios,
                clock,
                slots=slots,
                scan_responses_need_active=scan_responses_need_active,
            )
            for number in range(1, proxies + 1)
        ]
        self._ticking: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Let time pass and the proxies listen, on `port` and the ports after it."""
        for offset, proxy in enumerate(self.proxies):
            await proxy.start(host, port + offset if port else 0)
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def stop(self) -> None:
        """Stop time and the proxies."""
        for task in (self._ticking, *self._tasks):
            if task is not None:
                task.cancel()
        for proxy in self.proxies:
            await proxy.stop()

    def catch_up(self) -> None:
        """Move the physics on to the present."""
        passed = self.clock.time() - self.bank.time
        if passed > 0:
            self.bank.advance(passed)

    async def _tick(self) -> None:
        while True:
            self.catch_up()
            await asyncio.sleep(STEP)

    def switch(self, battery: str, mosfet: str, on: bool) -> None:
        """Switch a MOSFET, as the owner does; it may wake a battery that was stuck."""
        self.catch_up()
        self.bank.switch(battery, mosfet, on)
        self._wake()

    def _wake(self) -> None:
        """Wake stuck batteries that were switched off, or that alone are left for the load.

        That is what the article's remedy does: switch off the one that carries the load, so that
        the other's BMS sees it.
        """
        for stuck in tuple(self._stuck):
            others = [b for name, b in self.bank.batteries.items() if name not in self._stuck]
            own = self.bank.batteries[stuck]
            if not own.guard.discharge_commanded or not any(b.gives_charge for b in others):
                own.isolated = False
                self._stuck.discard(stuck)
                self.bank.advance(0.0)

    @property
    def bricked(self) -> dict[str, str]:
        """Batteries that died of a forbidden frame, with the reason, by name."""
        return {
            radio.wire.name: radio.wire.bricked
            for radio in self.radios.values()
            if radio.wire.bricked
        }

    def state(self) -> dict[str, Any]:
        """Everything there is to see, ready for JSON."""
        self.catch_up()
        return {
            "story": self.scenario.story,
            "time": self.clock.time(),
            "speed": self.clock.speed,
            "layout": self.scenario.layout.notation,
            "current": self.bank.current,
            "voltage": self.bank.voltage,
            "bricked": self.bricked,
            "batteries": [self._battery(battery) for battery in self.by_battery],
            "proxies": [
                {
                    "name": proxy.name,
                    "port": proxy.port,
                    "running": proxy.running,
                    "subscribed": proxy.subscribed,
                    "slots": proxy.connections.slots,
                    "connected": [
                        link.radio.wire.name for link in proxy.connections.links.values()
                    ],
                }
                for proxy in self.proxies
            ],
        }

    def _battery(self, battery: str) -> dict[str, Any]:
        radio = self.by_battery[battery]
        reading = asdict(self.bank.reading(battery))
        for key in ("protections", "warnings"):
            reading[key] = sorted(reading[key])
        return {
            "address": battery,
            "name": radio.wire.name,
            "truth": asdict(self.bank.truth(battery))
            | {"isolated": self.bank.batteries[battery].isolated},
            "reading": reading,
            "bricked": radio.wire.bricked,
            "connected_to": radio.central.name if radio.central else None,
            "held_by_phone": radio.held_by_phone,
            "faults": asdict(radio.faults),
            "rssi": {proxy.name: radio.rssi(proxy.name) for proxy in self.proxies},
            "writes": [
                {"time": w.time, "characteristic": w.characteristic, "payload": w.payload.hex()}
                for w in radio.writes
            ],
        }

    def set_load(self, current: float | None) -> None:
        """Ask for one current from now on, or for the scenario's again; > 0 charges."""
        self.catch_up()
        self.bank.load = self.scenario.load if current is None else Constant(current)

    def restart_proxy(self, proxy: BluetoothProxy, off: float) -> None:
        """Cut the power of a proxy for some seconds."""
        task = asyncio.get_running_loop().create_task(proxy.restart(off))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def playing(
    scenario: Scenario,
    *,
    proxies: int = 1,
    slots: int = DEFAULT_SLOTS,
    speed: float = 1.0,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    begin: float = 0.0,
    scan_responses_need_active: bool = False,
) -> AsyncIterator[World]:
    """Play a scenario as long as the context lasts; ports are in `world.proxies[n].port`.

    `begin` enters the story so many seconds after its start. With `scan_responses_need_active`
    a passive scan hears only the first 31 bytes of an advertisement, as over the air.
    """
    world = World(
        scenario,
        Clock(speed, begin),
        proxies=proxies,
        slots=slots,
        seed=seed,
        scan_responses_need_active=scan_responses_need_active,
    )
    await world.start(host, port)
    try:
        yield world
    finally:
        await world.stop()
