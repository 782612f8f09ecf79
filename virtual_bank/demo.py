"""The demo: a virtual bank, and a real Home Assistant that diagnoses it.

Home Assistant starts some hours in the past and runs in time-lapse until it has caught up with
the present, so that there is history to look at; then it goes on in real time.
"""

import argparse
import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
import fcntl
from pathlib import Path
import shutil
import signal
import sys
import time

from .home_assistant import PASSWORD, REPOSITORY, USER, HomeAssistant, HomeAssistantError, wait_for
from .installation import (
    DASHBOARD,
    BankView,
    accept_batteries,
    add_dashboard,
    add_proxy,
    make_bank,
    require_free,
)
from .scenario import Scenario
from .scenarios import SCENARIOS
from .service import CONTROL_OFFSET, VirtualBankService

FOLDER = REPOSITORY / ".demo"
STOPPING = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
CHECK_SPEED = 20.0
HISTORY_SPEED = 30.0
CHECK_PATIENCE = 135.0
"""Seconds after which a check has failed; with the start it ends within 150."""


def say(text: str) -> None:
    """Show a step of the way."""
    print(f"\033[1m==>\033[0m {text}", flush=True)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--scenario", default="out_of_sync", choices=sorted(SCENARIOS))
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument(
        "--check",
        action="store_true",
        help="wait until the bank's status and findings are the scenario's, print them, exit 0 or 1",
    )
    parser.add_argument("--port", type=int, default=8123, help="of Home Assistant's page")
    parser.add_argument("--radio-port", type=int, default=6053, help="of the virtual proxy")
    parser.add_argument("--hours", type=float, default=2.0, help="history to record (default 2)")
    parser.add_argument(
        "--speed",
        type=float,
        help=f"of the time-lapse (default {CHECK_SPEED:g} to check, {HISTORY_SPEED:g} to record)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what earlier starts recorded")
    options = parser.parse_args(words)
    if options.speed is None:
        options.speed = CHECK_SPEED if options.check else HISTORY_SPEED
    elif options.speed <= 1:
        parser.error("--speed must be above 1: the time-lapse has to catch up with the present")
    return options


def folder_of(options: argparse.Namespace) -> Path:
    """Where Home Assistant's configuration is kept."""
    return FOLDER / (f"check-{options.scenario}" if options.check else options.scenario)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second start from this folder; raises HomeAssistantError when one is at it."""
    FOLDER.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeAssistantError(f"{folder.name} is being played already") from error
        yield


async def until_stopped(play: Coroutine[None, None, int], code: int = 0) -> int:
    """Play until the end, or until Ctrl-C and the like, which exit with `code`."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(play)

    def stop() -> None:
        print(flush=True)
        say("stopping")
        task.cancel()

    for number in STOPPING:
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        say("stopped")
        return code
    finally:
        for number in STOPPING:
            loop.remove_signal_handler(number)


async def install(home: HomeAssistant, scenario: Scenario, radio_port: int) -> BankView:
    """Add proxy, batteries, bank and its card to a new Home Assistant."""
    await home.onboard()
    say("Home Assistant is set up; connecting its ESPHome integration to the virtual proxy")
    await add_proxy(home, radio_port)
    names = scenario.names
    found = await accept_batteries(home, names, say)
    bank = await make_bank(
        home, "House bank", [found[name] for name in names],
        scenario.layout.arrangement, len(scenario.layout.blocks[0]),
    )  # fmt: skip
    await add_dashboard(home)
    say(f"bank {scenario.layout.notation} made of {len(names)} batteries")
    return BankView(home, bank)


async def check(view: BankView, scenario: Scenario, patience: float) -> bool:
    """Wait until the bank says what the scenario expects; prints what it said."""

    async def as_expected() -> bool:
        return await view.status() == scenario.status and scenario.expects(await view.findings())

    try:
        await wait_for(as_expected, patience, f"status {scenario.status}", every=1)
    except HomeAssistantError as error:
        print(error)
    status = await view.status()
    findings = await view.findings()
    right = status == scenario.status and scenario.expects(findings)
    print(f"status: {status} (expected: {scenario.status})")
    for finding in findings:
        print(
            f"  {finding['severity']}: {finding['kind']}/{finding['cause']}: {finding['message']}"
        )
    if not findings:
        print("  no findings")
    return right


async def record(home: HomeAssistant, hours: float, speed: float) -> None:
    """Let the time-lapse run until its clock has caught up with ours."""
    if not hours:
        return
    seconds = hours * 3600 / (speed - 1)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        print(
            f"\r    recording {hours * 60:.0f} minutes of history:"
            f" {1 - left / seconds:4.0%}, {int(left) // 60}:{int(left) % 60:02} left ",
            end="", flush=True,
        )  # fmt: skip
        await asyncio.sleep(min(1, left))
        if not home.running:
            raise HomeAssistantError("Home Assistant ended while it recorded")
    print(f"\r    recorded {hours * 60:.0f} minutes of history{'':24}")


async def run_check(options: argparse.Namespace, scenario: Scenario) -> int:
    """Play a scenario from a fresh start in time-lapse, without a person."""
    folder = folder_of(options)
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    speed = options.speed
    async with (
        VirtualBankService(options.scenario, folder, radio_port=options.radio_port, speed=speed),
        HomeAssistant(folder, options.port) as home,
    ):
        say(f"Home Assistant is starting, {speed:g} times as fast as real time")
        await home.start(speed=speed, offset=-options.hours * 3600)
        view = await install(home, scenario, options.radio_port)
        right = await check(view, scenario, CHECK_PATIENCE - (time.monotonic() - began))
    say(f"{'as expected' if right else 'NOT as expected'} after {time.monotonic() - began:.0f} s")
    return 0 if right else 1


async def run_demo(options: argparse.Namespace, scenario: Scenario) -> int:
    """Play a scenario for a person to look at, until Ctrl-C."""
    folder = folder_of(options)
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    recorded = folder / "recorded"
    async with HomeAssistant(folder, options.port) as home:
        if not recorded.exists():
            shutil.rmtree(folder, ignore_errors=True)
            story_began = await run_history(home, options, scenario)
            recorded.write_text(f"{story_began:.0f}")
        passed = time.time() - float(recorded.read_text())
        async with VirtualBankService(
            options.scenario,
            folder,
            radio_port=options.radio_port,
            options=("--begin", f"{passed:.0f}"),
        ):
            say("Home Assistant is starting in real time")
            await home.start()
            await stay(home)
    return 0


async def run_history(
    home: HomeAssistant, options: argparse.Namespace, scenario: Scenario
) -> float:
    """Set up and record some hours, faster than real time; returns when the story began."""
    say(f"first start: Home Assistant begins {options.hours:g} h ago, {options.speed:g} x as fast")
    async with VirtualBankService(
        options.scenario, home.folder, radio_port=options.radio_port, speed=options.speed
    ) as virtual:
        began = time.monotonic()
        await home.start(speed=options.speed, offset=-options.hours * 3600)
        await install(home, scenario, options.radio_port)
        passed = (time.monotonic() - began) * (options.speed - 1) / 3600
        await record(home, max(0.0, options.hours - passed), options.speed)
        await home.stop()
        return time.time() - float((await virtual.state())["time"])


async def stay(home: HomeAssistant) -> None:
    """Tell where to look, and wait for Ctrl-C."""
    say("ready")
    print(
        f"\n    address   {home.url}/{DASHBOARD}\n    user      {USER}\n    password  {PASSWORD}\n"
    )
    print("    Ctrl-C stops everything.", flush=True)
    await home.ended()
    raise HomeAssistantError(f"Home Assistant ended by itself, see {home.log}")


def main() -> int:
    """Run the demo; returns the exit code."""
    options = arguments()
    if options.list:
        for name, scenario in sorted(SCENARIOS.items()):
            print(f"{name:20} {scenario.story}")
        return 0
    scenario = SCENARIOS[options.scenario]
    play = run_check if options.check else run_demo
    try:
        with alone(folder_of(options)):
            require_free("--port", options.port)
            for port in (options.radio_port, options.radio_port + CONTROL_OFFSET):
                require_free("--radio-port", port)
            return asyncio.run(until_stopped(play(options, scenario), int(options.check)))
    except HomeAssistantError as error:
        print(f"script/demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
