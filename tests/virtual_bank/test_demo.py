"""How the demo starts and ends; what it shows is for tests/e2e."""

import asyncio
import os
from pathlib import Path
import signal
import socket

import pytest

from virtual_bank import demo
from virtual_bank.home_assistant import HomeAssistant, HomeAssistantError
from virtual_bank.installation import free_port, require_free


def test_a_port_in_use_is_named_with_the_option_that_changes_it() -> None:
    port = free_port()
    require_free("--port", port)
    refused = pytest.raises(HomeAssistantError, match=rf"port {port} .*--port")
    with socket.create_server(("127.0.0.1", port)), refused:
        require_free("--port", port)
    require_free("--port", port)


def test_no_port_has_such_a_number() -> None:
    with pytest.raises(HomeAssistantError, match="70000"):
        require_free("--radio-port", 70_000)


def test_a_folder_is_played_once_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    options = demo.arguments(["--scenario", "in_sync"])
    folder = demo.folder_of(options)
    with demo.alone(folder):
        refused = pytest.raises(HomeAssistantError, match="in_sync is being played already")
        with refused, demo.alone(folder):
            pass
        with demo.alone(demo.folder_of(demo.arguments(["--check", "--scenario", "in_sync"]))):
            pass
    with demo.alone(folder):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_whatever_ends_it_what_it_started_ends_in_order(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    ended: list[str] = []

    async def play() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(0)
            ended.append("Home Assistant")
        return 1

    assert await demo.until_stopped(play(), 7) == 7
    assert ended == ["Home Assistant"]
    assert "stopping" in capsys.readouterr().out


def test_its_home_assistant_finds_the_blueprint_as_home_assistant_looks_for_it(
    tmp_path: Path,
) -> None:
    home = HomeAssistant(tmp_path, 8123)
    for _ in range(2):
        home.prepare()
        (found,) = (tmp_path / "blueprints" / "automation").rglob("*.yaml")
        assert "lifepo4_bank" in found.read_text()
        assert (tmp_path / "automations.yaml").exists()
