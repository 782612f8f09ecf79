"""A virtual battery bank behind a virtual ESPHome Bluetooth proxy.

Point YOUR OWN Home Assistant at it:
  1. Start it on a machine that Home Assistant can reach:
         python -m virtual_bank --host 0.0.0.0 --scenario out_of_sync
  2. In Home Assistant: Settings > Devices & services > Add integration > ESPHome.
     Host: this machine's address. Port: 6053. No password, no encryption.
  3. The batteries are discovered within a minute: add them, then make the bank
     (Add integration > LiFePO4 Battery Bank > bank).
Nothing else is simulated: proxy, radio frames and batteries behave as real ones do.
"""

import argparse
import asyncio
from collections.abc import Sequence
import contextlib
import json
import logging
import signal
import sys
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .control import TARGETS, serve
from .families import FAMILIES
from .proxy import DEFAULT_SLOTS
from .scenarios import SCENARIOS
from .world import playing

CONTROL_PORT = 6054


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line: a command, or none for playing a scenario."""
    parser = argparse.ArgumentParser(
        prog="python -m virtual_bank",
        description=__doc__,
        epilog="While it runs:\n"
        "  python -m virtual_bank state                     show everything as JSON\n"
        "  python -m virtual_bank set TARGET KEY=VALUE ...  change something\n"
        "  python -m virtual_bank list                      list the scenarios\n\n" + TARGETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command", nargs="?", default="run", choices=("run", "list", "state", "set")
    )
    parser.add_argument("words", nargs="*", help="for set: TARGET KEY=VALUE ...")
    parser.add_argument("--scenario", default="in_sync", choices=sorted(SCENARIOS))
    parser.add_argument(
        "--family", nargs="+", choices=sorted(FAMILIES), metavar="FAMILY",
        help="other makes of battery: one for all or one for each, of " + ", ".join(FAMILIES),
    )  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=6053, help="of the first proxy; others follow")
    parser.add_argument("--control-port", type=int, default=CONTROL_PORT, help="of the HTTP API")
    parser.add_argument("--proxies", type=int, default=1)
    parser.add_argument("--slots", type=int, default=DEFAULT_SLOTS, help="of each proxy")
    parser.add_argument("--speed", type=float, default=1.0, help="times faster than real time")
    parser.add_argument("--begin", type=float, default=0.0, help="seconds into the story")
    parser.add_argument("--seed", type=int, default=0, help="of sensor noise and radio luck")
    parser.add_argument(
        "--strict-scan", action="store_true",
        help="a passive scan hears 31 bytes of an advertisement only, as over the air",
    )  # fmt: skip
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args(words)


async def run(options: argparse.Namespace) -> int:
    """Play until interrupted; returns 1 when a battery was bricked."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    scenario = SCENARIOS[options.scenario]
    if options.family:
        scenario = scenario.of(*options.family)
    async with playing(
        scenario, proxies=options.proxies, slots=options.slots,
        speed=options.speed, host=options.host, port=options.port, seed=options.seed,
        begin=options.begin, scan_responses_need_active=options.strict_scan,
    ) as world:  # fmt: skip
        runner, control_port = await serve(world, "127.0.0.1", options.control_port)
        print(f"{options.scenario}: {world.scenario.story}")
        for name in world.scenario.names:
            print(f"  {name}")
        for proxy in world.proxies:
            print(f"{proxy.name} on {options.host}, port {proxy.port}")
        print(f"control on http://127.0.0.1:{control_port}/state", flush=True)
        await ended.wait()
        await runner.cleanup()
        bricked = world.bricked
    for name, reason in bricked.items():
        print(f"BRICKED {name}: {reason}", file=sys.stderr)
    return 1 if bricked else 0


def value(text: str) -> object:
    """Read a value as JSON where it is, as text where not; "none" is null."""
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return None if text.lower() == "none" else text


def ask(port: int, body: dict[str, Any] | None) -> int:
    """Ask a running virtual bank and print its answer."""
    path = "state" if body is None else "set"
    request = Request(
        f"http://127.0.0.1:{port}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - an address of this machine
            found = json.load(answer)
    except HTTPError as error:
        print(json.load(error)["error"], file=sys.stderr)
        return 2
    except URLError as error:
        print(f"no virtual bank answers on port {port}: {error.reason}", file=sys.stderr)
        return 1
    if body is None:
        print(json.dumps(found, indent=2))
    return 0


def main(words: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    options = arguments(words)
    if options.command == "list":
        for name, scenario in SCENARIOS.items():
            print(f"{name:18} {scenario.layout.notation:6} {scenario.story}")
        return 0
    if options.command == "state":
        return ask(options.control_port, None)
    if options.command == "set":
        if len(options.words) < 2 or not all("=" in word for word in options.words[1:]):
            print("set needs TARGET KEY=VALUE ...; see --help", file=sys.stderr)
            return 2
        pairs = (word.split("=", 1) for word in options.words[1:])
        return ask(
            options.control_port,
            {"target": options.words[0]} | {key: value(text) for key, text in pairs},
        )
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING)
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
