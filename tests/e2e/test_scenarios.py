"""The demo's own check, as its command line runs it: the right status and findings, in time."""

import asyncio
import sys

import pytest

from virtual_bank.home_assistant import REPOSITORY
from virtual_bank.installation import free_port

IN_TIME = 150


@pytest.mark.parametrize(
    "scenario", ["in_sync", "out_of_sync", "asymmetric_wiring", "discharge_off"]
)
async def test_the_demo_finds_what_is_wrong(scenario: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "virtual_bank.demo", "--check", "--scenario", scenario,
        "--port", f"{free_port()}", "--radio-port", f"{free_port()}",
        cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 2 * IN_TIME)
    assert process.returncode == 0, output.decode()
