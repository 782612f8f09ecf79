"""Set up a bank in Home Assistant as its owner would, through the public API only."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
import socket
from typing import Any

from .home_assistant import HomeAssistant, HomeAssistantError, wait_for
from .service import CONTROL_OFFSET, VirtualBankService

DOMAIN = "lifepo4_bank"
DASHBOARD = "battery-bank"
BEGIN_BEFORE = 3 * 3600.0
"""Seconds in the past at which the clock starts, so that a fast one stays behind ours."""

type Say = Callable[[str], None]


def free_port(proxies: int = 1) -> int:
    """Return a port that nobody listens on, nor on those of further proxies and of the control."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        try:
            for other in (*range(port, port + proxies), port + CONTROL_OFFSET):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", other))
        except OSError, OverflowError:
            continue
        return port


def require_free(option: str, port: int) -> None:
    """Make sure that nobody listens on a port; raises HomeAssistantError, telling what to do."""
    with socket.socket() as probe:
        # A port that was in use until just now may be used again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise HomeAssistantError(
                f"port {port} cannot be used ({error}). Is a demo, or another Home Assistant,"
                f" running? Choose another port with {option}"
            ) from error


@asynccontextmanager
async def fresh(
    scenario: str,
    folder: Path,
    *,
    speed: float = 1.0,
    proxies: int = 1,
    options: Sequence[str] = (),
) -> AsyncIterator[tuple[VirtualBankService, HomeAssistant]]:
    """Play a scenario to a new Home Assistant that hears its batteries and has none set up."""
    port = free_port(proxies)
    words = ("--proxies", f"{proxies}", *options)
    async with (
        VirtualBankService(
            scenario, folder, radio_port=port, speed=speed, options=words
        ) as virtual,
        HomeAssistant(folder, free_port()) as home,
    ):
        await home.start(speed=speed, offset=-BEGIN_BEFORE)
        await home.onboard()
        for number in range(proxies):
            await add_proxy(home, port + number)
        yield virtual, home


async def now(home: HomeAssistant) -> float:
    """Tell Home Assistant's own time."""
    seconds: float = await home.post("/api/template", template="{{ utcnow().timestamp() }}")
    return seconds


async def add_proxy(home: HomeAssistant, port: int) -> None:
    """Let Home Assistant's own ESPHome integration connect to the virtual Bluetooth proxy."""
    flow = await home.begin_flow("esphome")
    flow = await home.continue_flow(flow["flow_id"], host="127.0.0.1", port=port)
    if flow["type"] != "create_entry":
        raise HomeAssistantError(f"ESPHome did not take the virtual proxy: {flow}")


async def entries(home: HomeAssistant) -> dict[str, str]:
    """Entry ids of the integration by title."""
    found = await home.ask("config_entries/get", domain=DOMAIN)
    return {entry["title"]: entry["entry_id"] for entry in found}


async def accept_batteries(
    home: HomeAssistant, names: Sequence[str], say: Say, patience: float = 120
) -> dict[str, str]:
    """Confirm every discovered battery; returns their entry ids by name."""
    waiting: set[str] = set(names)

    async def accept() -> bool:
        for flow in await home.ask("config_entries/flow/progress"):
            if flow["handler"] != DOMAIN or flow["step_id"] != "bluetooth_confirm":
                continue
            done = await home.continue_flow(flow["flow_id"])
            if done["type"] == "create_entry":
                say(f"battery {done['title']} was discovered, read and added")
        waiting.difference_update(await entries(home))
        return not waiting

    await wait_for(accept, patience, f"the batteries {', '.join(sorted(waiting))}")
    return await entries(home)


async def make_bank(
    home: HomeAssistant,
    name: str,
    batteries: Sequence[str],
    arrangement: str,
    group_size: int | None = None,
) -> str:
    """Join batteries, given by their entry ids, to a bank; returns its entry id."""
    flow = await home.begin_flow(DOMAIN)
    flow = await home.continue_flow(flow["flow_id"], next_step_id="bank")
    flow = await home.continue_flow(
        flow["flow_id"], name=name, batteries=list(batteries), arrangement=arrangement
    )
    if flow.get("step_id") == "groups":
        flow = await home.continue_flow(flow["flow_id"], group_size=group_size)
    if flow["type"] != "create_entry":
        raise HomeAssistantError(f"the bank was refused: {flow}")
    return str(flow["result"]["entry_id"])


async def add_dashboard(home: HomeAssistant) -> None:
    """Put the bank's card on a dashboard of its own, under `DASHBOARD`."""
    await home.ask(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Battery bank",
        icon="mdi:battery-sync",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    section = {"type": "grid", "cards": [{"type": "custom:lifepo4-bank-card"}]}
    config = {"views": [{"type": "sections", "sections": [section]}]}
    await home.ask("lovelace/config/save", url_path=DASHBOARD, config=config)


class BankView:
    """What Home Assistant shows of one bank: entities by their unique id's key."""

    def __init__(self, home: HomeAssistant, entry_id: str) -> None:
        """Look at the bank of this config entry."""
        self._home = home
        self.entry_id = entry_id

    async def device_id(self) -> str:
        """Device of the bank itself; raises HomeAssistantError when it has none."""
        for device in await self._home.ask("config/device_registry/list"):
            if [DOMAIN, self.entry_id] in device["identifiers"]:
                return str(device["id"])
        raise HomeAssistantError("the bank has no device")

    async def values(self) -> dict[str, dict[str, Any]]:
        """States of the bank's entities by key, such as `status`."""
        states = await self._home.states()
        found = {}
        for entity in await self._home.ask("config/entity_registry/list"):
            unique = entity["unique_id"]
            if entity["platform"] == DOMAIN and unique.startswith(f"{self.entry_id}_"):
                state = states.get(entity["entity_id"])
                if state is not None:
                    found[unique.removeprefix(f"{self.entry_id}_")] = state
        return found

    async def status(self) -> str:
        """State of the sensor `status`, or "unknown" while there is none."""
        values = await self.values()
        return str(values["status"]["state"]) if "status" in values else "unknown"

    async def findings(self) -> list[Mapping[str, Any]]:
        """Return what the action `diagnose` answers under `findings`."""
        answer = await self._home.call(DOMAIN, "diagnose", device_id=await self.device_id())
        findings: list[Mapping[str, Any]] = answer["findings"]
        return findings

    async def issues(self) -> list[dict[str, Any]]:
        """Repair issues of the integration that are not ignored."""
        answer = await self._home.ask("repairs/list_issues")
        return [i for i in answer["issues"] if i["domain"] == DOMAIN and not i["ignored"]]


async def set_options(home: HomeAssistant, entry_id: str, **options: object) -> None:
    """Set the options of an entry, as its form does; it is loaded anew."""
    path = "/api/config/config_entries/options/flow"
    flow = await home.post(path, handler=entry_id)
    done = await home.post(f"{path}/{flow['flow_id']}", **options)
    if done["type"] != "create_entry":
        raise HomeAssistantError(f"the options were refused: {done}")
