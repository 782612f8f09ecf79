"""A real, unmodified Home Assistant in a process of its own, and a client of its public API.

The demo and the end-to-end tests run the integration in it. Time-lapse comes from Debian's
libfaketime around the whole process; nothing inside knows of it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import signal
import sys
import time
from typing import Any, Self

import aiohttp
from homeassistant.components.http.config import HTTP_STORAGE_SCHEMA

# What the API takes and gives: each call knows its own form.
type Json = Any

REPOSITORY = Path(__file__).parent.parent
USER = "skipper"
PASSWORD = "four-batteries"  # noqa: S105 - of a demo that listens on this machine only
CLIENT = "http://127.0.0.1/"

CONFIGURATION = """\
# Written by the demo of LiFePO4 Battery Bank.
homeassistant:
  name: Boat
  country: NL
  unit_system: metric
automation: !include automations.yaml
config:
diagnostics:
energy:
frontend:
history:
logbook:
recorder:
  commit_interval: 1
repairs:
logger:
  default: warning
  logs:
    custom_components.lifepo4_bank: info
"""


class HomeAssistantError(Exception):
    """Home Assistant did not start, or refused a request."""


def libfaketime() -> Path:
    """Return the library that speeds up the clock; raises HomeAssistantError without it."""
    for folder in Path("/usr/lib").glob("*/faketime"):
        library = folder / "libfaketimeMT.so.1"
        if library.exists():
            return library
    raise HomeAssistantError("libfaketime is missing: run script/setup")


class HomeAssistant:
    """One Home Assistant: its folder, its process, its API."""

    def __init__(self, folder: Path, port: int) -> None:
        """Use the configuration in `folder`, made at the first start; listen on `port`."""
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._token_file = folder / "demo-token.json"
        self._session: aiohttp.ClientSession | None = None
        self.token = ""

    @property
    def log(self) -> Path:
        """Everything that Home Assistant printed since its first start."""
        return self.folder / "home-assistant-process.log"

    @property
    def pid(self) -> int:
        """Process number; raises HomeAssistantError when none runs."""
        if self._process is None:
            raise HomeAssistantError("Home Assistant was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.returncode is None

    def prepare(self) -> None:
        """Write the configuration where there is none yet."""
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        (self.folder / "configuration.yaml").write_text(CONFIGURATION)
        (self.folder / "automations.yaml").touch()
        # A port from YAML is only on trial and costs a restart: this is the settled form.
        stable = HTTP_STORAGE_SCHEMA({"server_port": self._port, "server_host": ["127.0.0.1"]})
        http = {"stable": stable, "pending": None, "yaml_migration_done": True}
        (storage / "http").write_text(
            json.dumps({"version": 2, "minor_version": 2, "key": "http", "data": http})
        )
        onboarding = storage / "onboarding"
        if not onboarding.exists():
            # These steps would add integrations that ask the internet.
            done = {"done": ["core_config", "analytics"]}
            onboarding.write_text(json.dumps({"version": 4, "key": "onboarding", "data": done}))
        components = self.folder / "custom_components"
        components.mkdir(exist_ok=True)
        link = components / "lifepo4_bank"
        if not link.is_symlink():
            link.symlink_to(REPOSITORY / "custom_components" / "lifepo4_bank")
        blueprints = Path("blueprints", "automation", "lifepo4_bank")
        (self.folder / blueprints).mkdir(parents=True, exist_ok=True)
        # Files, because Home Assistant does not look for blueprints in folders that are links.
        for ours in (REPOSITORY / blueprints).glob("*.yaml"):
            if not (self.folder / blueprints / ours.name).exists():
                (self.folder / blueprints / ours.name).symlink_to(ours)

    async def start(
        self, *, speed: float = 1.0, offset: float = 0.0, patience: float = 120
    ) -> None:
        """Start the process and wait until its API answers.

        `speed`: how many times faster its clock runs; `offset`: seconds that it starts from now.
        """
        self.prepare()
        environment = dict(os.environ)
        if speed != 1 or offset:
            environment |= {
                "LD_PRELOAD": str(libfaketime()),
                "FAKETIME": f"{offset:+.0f} x{speed:g}",
                "FAKETIME_DONT_RESET": "1",
            }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "homeassistant", "-c", str(self.folder),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )  # fmt: skip
        if self._session is None:
            # In time-lapse the server's idle time-out passes before one looks.
            connector = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(connector=connector)
        self._load_token()
        await wait_for(self._answers, patience, "Home Assistant's API", every=0.2)

    async def _answers(self) -> bool:
        if not self.running:
            tail = self.log.read_text(errors="replace")[-3000:]
            raise HomeAssistantError(f"Home Assistant ended by itself:\n{tail}")
        try:
            if self.token:
                return bool((await self.get("/api/config"))["state"] == "RUNNING")
            async with self._http.get(f"{self.url}/api/onboarding") as response:
                return response.status == 200
        except aiohttp.ClientError, OSError, HomeAssistantError:
            return False

    async def ended(self) -> None:
        """Wait until its process has ended, for whatever reason."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self, patience: float = 60) -> None:
        """Stop it as a service manager would, and make sure, also when nobody wants to wait."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), patience)
            except TimeoutError:
                pass
            finally:
                await self.kill()
        self._process = None

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def close(self) -> None:
        """Stop it and let go of the client."""
        try:
            await self.stop()
        finally:
            if self._session is not None:
                await self._session.close()
                self._session = None

    async def __aenter__(self) -> Self:
        """Leave starting to the caller, who knows the speed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it, whatever happened."""
        await self.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise HomeAssistantError("Home Assistant is not running")
        return self._session

    def _load_token(self) -> None:
        if self._token_file.exists():
            self.token = json.loads(self._token_file.read_text())["token"]

    async def onboard(self) -> bool:
        """Make the first user, as the welcome page does; returns whether there was none."""
        if self.token:
            return False
        user = {"client_id": CLIENT, "name": "Skipper", "username": USER, "password": PASSWORD}
        code = await self._post("/api/onboarding/users", json=user | {"language": "en"})
        grant = {"client_id": CLIENT, "grant_type": "authorization_code"}
        access = await self._post("/auth/token", data=grant | {"code": code["auth_code"]})
        self.token = access["access_token"]
        redirect = {"client_id": CLIENT, "redirect_uri": CLIENT}
        await self._post("/api/onboarding/integration", json=redirect)
        lasting = {"client_name": "Demo", "lifespan": 3650}
        async with self.websocket() as ask:
            self.token = await ask("auth/long_lived_access_token", **lasting)
        self._token_file.write_text(json.dumps({"token": self.token}))
        await wait_for(self._answers, 120, "Home Assistant's start", every=0.2)
        return True

    async def _post(self, path: str, **body: Json) -> Json:
        return await self._request("POST", path, **body)

    async def _request(self, method: str, path: str, **body: Json) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.url}{path}"
        async with self._http.request(method, url, headers=headers, **body) as response:
            text = await response.text()
            if response.status >= 400:
                raise HomeAssistantError(f"{method} {path}: {response.status} {text[:500]}")
            return json.loads(text) if text else None

    async def states(self) -> dict[str, dict[str, Any]]:
        """All states by entity id."""
        return {state["entity_id"]: state for state in await self._request("GET", "/api/states")}

    async def get(self, path: str) -> Json:
        """Return the answer to a GET of an API path."""
        return await self._request("GET", path)

    async def post(self, path: str, **body: Json) -> Json:
        """Return the answer to a POST of JSON to an API path."""
        return await self._post(path, json=body)

    async def call(self, domain: str, action: str, **fields: Json) -> Json:
        """Carry out an action that answers with data, and return them.

        Raises HomeAssistantError with the reason when it is refused or fails.
        """
        result = await self.ask(
            "call_service", domain=domain, service=action, service_data=fields, return_response=True
        )
        return result["response"]

    async def begin_flow(self, handler: str) -> dict[str, Any]:
        """Begin to add an integration."""
        path = "/api/config/config_entries/flow"
        flow: dict[str, Any] = await self._post(path, json={"handler": handler})
        return flow

    async def continue_flow(self, flow_id: str, **answer: Json) -> dict[str, Any]:
        """Answer the form or menu that a flow shows."""
        path = f"/api/config/config_entries/flow/{flow_id}"
        flow: dict[str, Any] = await self._post(path, json=answer)
        return flow

    @asynccontextmanager
    async def websocket(self) -> AsyncIterator[Callable[..., Awaitable[Json]]]:
        """Open the websocket; yields a function that sends a command and returns its result."""
        async with self._http.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            if (await socket.receive_json())["type"] != "auth_ok":
                raise HomeAssistantError("the websocket refused the token")
            number = 0

            async def ask(kind: str, **fields: Json) -> Json:
                nonlocal number
                number += 1
                await socket.send_json({"id": number, "type": kind, **fields})
                try:
                    while (answer := await socket.receive_json()).get("id") != number:
                        continue
                except aiohttp.WSMessageTypeError as error:
                    raise HomeAssistantError("Home Assistant went away") from error
                if not answer.get("success"):
                    raise HomeAssistantError(f"{kind}: {answer.get('error')}")
                return answer["result"]

            yield ask

    async def ask(self, kind: str, **fields: Json) -> Json:
        """Send one websocket command and return its result."""
        async with self.websocket() as ask:
            return await ask(kind, **fields)


async def wait_for(
    ready: Callable[[], Awaitable[bool]], patience: float, what: str, every: float = 0.5
) -> None:
    """Ask until it is so; raises HomeAssistantError after `patience` seconds."""
    end = time.monotonic() + patience
    while not await ready():
        if time.monotonic() > end:
            raise HomeAssistantError(f"waited {patience:.0f} s in vain for {what}")
        await asyncio.sleep(every)
