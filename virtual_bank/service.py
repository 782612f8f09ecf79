"""The virtual bank in a process of its own, steered over its HTTP API."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import signal
import sys
from typing import Any, Self

import aiohttp

from .home_assistant import REPOSITORY, HomeAssistantError, wait_for

CONTROL_OFFSET = 500
"""How far the port of the control API is above that of the first proxy."""


class VirtualBankService:
    """`python -m virtual_bank`, started when entered and stopped when left."""

    def __init__(
        self,
        scenario: str,
        folder: Path,
        *,
        radio_port: int = 6053,
        speed: float = 1.0,
        options: Sequence[str] = (),
    ) -> None:
        """Play `scenario`, log into `folder`."""
        self._log = folder / "virtual-bank.log"
        control_port = radio_port + CONTROL_OFFSET
        self._control = f"http://127.0.0.1:{control_port}"
        self._words = (
            *("--scenario", scenario, "--port", f"{radio_port}"),
            *("--control-port", f"{control_port}", "--speed", f"{speed:g}", *options),
        )
        self._process: asyncio.subprocess.Process | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers; raises HomeAssistantError when it does not."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "virtual_bank", *self._words,
                cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._http = aiohttp.ClientSession()
        try:
            await wait_for(self._answers, 30, "the virtual bank", every=0.1)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _answers(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            tail = self._log.read_text(errors="replace")[-2000:]
            raise HomeAssistantError(f"the virtual bank ended by itself:\n{tail}")
        try:
            await self.state()
        except aiohttp.ClientError, OSError:
            return False
        return True

    async def __aexit__(self, *_: object) -> None:
        """Stop it; raises HomeAssistantError when a forbidden byte bricked a battery."""
        if self._http is not None:
            await self._http.close()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        if await self._process.wait() == 1:
            raise HomeAssistantError(f"a battery was bricked, see {self._log}")

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise HomeAssistantError("the virtual bank is not running")
        return self._http

    async def state(self) -> dict[str, Any]:
        """Truth, readings, slots, written frames and bricked batteries."""
        async with self._session.get(f"{self._control}/state") as response:
            state: dict[str, Any] = await response.json()
            return state

    async def set(self, target: str, **values: object) -> None:
        """Change something; raises HomeAssistantError for what does not exist."""
        body = {"target": target} | values
        async with self._session.post(f"{self._control}/set", json=body) as response:
            if response.status >= 400:
                raise HomeAssistantError((await response.json())["error"])
