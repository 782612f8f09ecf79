"""Steer a virtual bank while it runs: JSON over HTTP.

GET /state shows truth, readings, slots, written frames and bricked batteries. POST /set takes
{"target": ..., key: value, ...}; targets and keys are in TARGETS.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from .bms import Protection
from .faults import Faults
from .radio import Radio
from .world import World

TARGETS = """\
Targets and what can be set:
  load      current=A (> 0 charges) or current=scenario
  clock     speed=X
  proxy     (or its name) slots=N  restart=SECONDS without power
            active=false (it listens and cannot connect, from its next restart on)
  BATTERY   its name, address, last characters of either, or "all":
    physics   soc=0.5  counted_soc=0.5  path_resistance=OHM  own_resistance=OHM  isolated=true
              ambient=C  temperature=C  discharge=true|false  charge=true|false
              trip=PROTECTION (for example cell_under_voltage)  clear=true
    radio     rssi=DBM|none (none: out of range)  proxy=NAME (where the rssi holds)
              held_by_phone=true  drop=true (lose the link now)
    faults    latency=S  connect_delay=S  silent=true  fragment=BYTES  garbled=N  truncated=N
              stale=N  ack_delay=S  drop_mid_frame=N  loss=0.2  (N frames; -1: all)
              faults=none (a good radio again)
    make      JBD secret=TEXT disguised=true pin=DIGITS knows_e1=false; ANT secret=TEXT;
              JK software=10.08 pre_discharge=S
"""

_NUMBERS = (
    "soc", "counted_soc", "path_resistance", "own_resistance", "ambient", "temperature",
)  # fmt: skip


class SettingError(ValueError):
    """The target or the value does not exist."""


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise SettingError(f"{value!r} is not a number")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise SettingError(f"{value!r} is not true or false")


def _protection(value: object) -> Protection:
    for protection in Protection:
        if protection == value:
            return protection
    raise SettingError(f"no protection named {value}; there are {', '.join(Protection)}")


def _set_load(world: World, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key != "current":
            raise SettingError(f"load has no {key}")
        world.set_load(None if value == "scenario" else _number(value))


def _set_clock(world: World, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key != "speed":
            raise SettingError(f"clock has no {key}")
        world.clock.speed = _number(value)


def _set_proxy(world: World, name: str, values: Mapping[str, Any]) -> None:
    for proxy in world.proxies:
        if name not in ("proxy", proxy.name):
            continue
        for key, value in values.items():
            if key == "slots":
                proxy.connections.slots = int(_number(value))
            elif key == "active":
                proxy.active = _truth(value)
            elif key == "restart":
                world.restart_proxy(proxy, _number(value))
            else:
                raise SettingError(f"a proxy has no {key}")


def _set_battery(world: World, battery: str, values: Mapping[str, Any]) -> None:
    """Set physics, radio and faults of one battery."""
    radio = world.by_battery[battery]
    place = values.get("proxy")
    if place is not None and place not in {proxy.name for proxy in world.proxies}:
        raise SettingError(f"no proxy named {place}")
    for key, value in values.items():
        if key == "proxy":
            continue
        if not (_set_physics(world, battery, key, value) or _set_radio(radio, key, value, place)):
            raise SettingError(f"a battery has no {key}")


def _set_physics(world: World, battery: str, key: str, value: object) -> bool:
    """Set what the battery is; False for a key that is not physical."""
    world.catch_up()
    physical = world.bank.batteries[battery]
    if key in _NUMBERS:
        setattr(physical, key, _number(value))
    elif key == "isolated":
        physical.isolated = _truth(value)
    elif key in ("discharge", "charge"):
        world.switch(battery, key, _truth(value))
    elif key == "trip":
        physical.trip(_protection(value))
    elif key == "clear":
        physical.clear()
    else:
        return False
    return True


def _set_radio(radio: Radio, key: str, value: object, proxy: str | None) -> bool:
    """Set how the battery is heard; False for a key that is not of the radio."""
    if key == "rssi":
        radio.place(None if value is None else int(_number(value)), proxy)
    elif key == "held_by_phone":
        radio.hold(by_phone=_truth(value))
    elif key == "drop":
        radio.drop()
    elif key == "faults":
        radio.faults.clear()
    elif key in radio.wire.options:
        radio.wire.set_option(key, value)
    elif key in Faults.__slots__:
        radio.faults.change(**{key: value})
    else:
        return False
    return True


def _batteries(world: World, target: str) -> list[str]:
    """Return the addresses of the batteries that a target means."""
    if target == "all":
        return list(world.by_battery)
    found = [
        battery
        for battery, radio in world.by_battery.items()
        if battery.endswith(target.upper()) or radio.wire.name.endswith(target)
    ]
    if len(found) != 1:
        raise SettingError(f"{target} means {len(found)} batteries")
    return found


def change(world: World, target: str, values: Mapping[str, Any]) -> None:
    """Set what `values` say; raises ValueError when there is no such thing."""
    simple: Mapping[str, Callable[[World, Mapping[str, Any]], None]] = {
        "load": _set_load,
        "clock": _set_clock,
    }
    if target in simple:
        simple[target](world, values)
    elif target == "proxy" or target in {proxy.name for proxy in world.proxies}:
        _set_proxy(world, target, values)
    else:
        for battery in _batteries(world, target):
            _set_battery(world, battery, values)


def application(world: World) -> web.Application:
    """Return the control API of a world."""

    async def state(_: web.Request) -> web.Response:
        return web.json_response(world.state())

    async def set_(request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            target = wanted.pop("target")
            change(world, target, wanted)
        except (ValueError, KeyError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(world.state())

    app = web.Application()
    app.add_routes([web.get("/state", state), web.post("/set", set_)])
    return app


async def serve(world: World, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Listen; returns what to clean up, and the port."""
    runner = web.AppRunner(application(world), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner, int(runner.addresses[0][1])
