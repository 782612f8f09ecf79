"""The record of what is off: on the disk at once, and never lost without a word."""

# ruff: noqa: ASYNC240 - a test may wait for the disk

import asyncio
from dataclasses import replace
import json
from pathlib import Path
import threading
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.file import WriteError
import pytest

from custom_components.lifepo4_bank import journal
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.guarantee import GUARANTEE
from custom_components.lifepo4_bank.journal import KEY, Journal, Opened
from custom_components.lifepo4_bank.left_off import raise_issue

from .conftest import ADDRESSES, NAMES, FakeReaders, battery_entry, set_up
from .test_set_discharge import call

ISSUE = (DOMAIN, f"left_off_{ADDRESSES[0]}")
OPENED = Opened(
    battery=ADDRESSES[0], name=NAMES[0], entry_id="entry", mosfet="discharge", since=1000.0
)


@pytest.fixture
def path(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Where the record lies; Home Assistant's folder is a fresh one."""
    hass.config.config_dir = str(tmp_path)
    (tmp_path / ".storage").mkdir()
    return tmp_path / ".storage" / KEY


async def test_what_is_written_is_on_the_disk(hass: HomeAssistant, path: Path) -> None:
    record = Journal(hass)
    await record.async_load()
    assert record.opened == {}
    await record.async_write(OPENED)
    stored = json.loads(path.read_text())
    assert stored["key"] == KEY
    assert [entry["battery"] for entry in stored["data"]["opened"]] == [ADDRESSES[0]]
    again = Journal(hass)
    await again.async_load()
    assert again.opened == {ADDRESSES[0]: OPENED}
    await again.async_strike(ADDRESSES[0])
    assert json.loads(path.read_text())["data"]["opened"] == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        '{"version": 2, "data": {"opened": []}}',
        '{"version": 1, "data": {"opened": [{"battery": "A"}]}}',
        '{"version": 1, "data": {"opened": [7]}}',
        json.dumps(
            {
                "version": 1,
                "data": {
                    "opened": [
                        {
                            "battery": "A",
                            "name": "A",
                            "entry_id": "e",
                            "mosfet": "shutdown",
                            "since": 1,
                        }
                    ]
                },
            }
        ),
        b"\xff\xfe\x00",
    ],
)
async def test_a_broken_record_is_kept_aside(
    hass: HomeAssistant, path: Path, content: str | bytes
) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content)
    record = Journal(hass)
    await record.async_load()
    assert record.opened == {}
    assert record.set_aside is not None
    assert not path.exists()
    assert path.with_name(record.set_aside).exists()


@pytest.mark.parametrize("is_off", [True, False])
async def test_after_a_broken_record_every_battery_is_looked_at(
    hass: HomeAssistant, path: Path, readers: FakeReaders, is_off: bool
) -> None:
    path.write_text("{")
    if is_off:
        readers.of(ADDRESSES[0]).shows(
            discharge_enabled=False, current=0.0, state=BatteryState.STANDBY
        )
    await set_up(hass, battery_entry())
    issues = ir.async_get(hass)
    broken = issues.async_get_issue(DOMAIN, "journal_broken")
    assert broken is not None
    assert broken.translation_placeholders is not None
    assert broken.translation_placeholders["file"].startswith(f"{KEY}.corrupt.")
    found = issues.async_get_issue(*ISSUE)
    assert (found is not None) is is_off
    if found is None:
        assert hass.data[GUARANTEE].opened == {}
        return
    assert found.translation_key == "maybe_left_off"
    assert readers[ADDRESSES[0]].commands == [], "its owner may have wanted it so"
    await call(hass, "set_discharge", enabled=True)
    assert issues.async_get_issue(*ISSUE) is None


async def test_a_battery_that_is_seen_on_later_is_no_suspect_any_more(
    hass: HomeAssistant, path: Path, readers: FakeReaders, pass_time: Any
) -> None:
    path.write_text("{")
    reader = readers.of(ADDRESSES[0])
    reader.shows(discharge_enabled=False, current=0.0, state=BatteryState.STANDBY)
    await set_up(hass, battery_entry())
    assert ir.async_get(hass).async_get_issue(*ISSUE)
    reader.shows(discharge_enabled=True)
    await pass_time(60)
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None


async def test_a_write_that_nobody_waits_for_any_more_overtakes_no_later_one(
    hass: HomeAssistant, path: Path
) -> None:
    record = Journal(hass)
    await record.async_write(OPENED)
    go_on = threading.Event()
    write = record._write

    def slow(content: str) -> None:
        go_on.wait()
        write(content)

    with patch.object(record, "_write", slow):
        strike = asyncio.create_task(record.async_strike(ADDRESSES[0]))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    strike.cancel()
    later = asyncio.create_task(record.async_write(replace(OPENED, battery=ADDRESSES[1])))
    await asyncio.wait({later}, timeout=0.1)
    assert not later.done()
    go_on.set()
    await later
    written = json.loads(path.read_text())["data"]["opened"]
    assert ADDRESSES[1] in {entry["battery"] for entry in written}


async def test_a_full_disk_does_not_keep_the_integration_from_starting(
    hass: HomeAssistant, path: Path, readers: FakeReaders
) -> None:
    path.write_text("{")
    readers.of(ADDRESSES[0]).shows(discharge_enabled=False, current=0.0, state=BatteryState.STANDBY)
    with patch.object(journal, "write_utf8_file_atomic", side_effect=WriteError("full")):
        await set_up(hass, battery_entry())
    assert ir.async_get(hass).async_get_issue(*ISSUE)


async def test_what_was_off_at_the_last_stop_is_said_before_it_can_be_reached(
    hass: HomeAssistant, path: Path, readers: FakeReaders
) -> None:
    path.write_text(
        json.dumps(
            {
                "version": 1,
                "minor_version": 1,
                "key": KEY,
                "data": {
                    "opened": [
                        {
                            "battery": ADDRESSES[0],
                            "name": NAMES[0],
                            "entry_id": "gone",
                            "mosfet": "discharge",
                            "since": 1.0,
                        }
                    ]
                },
            }
        )
    )
    await set_up(hass, battery_entry(1))
    issue = ir.async_get(hass).async_get_issue(*ISSUE)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.is_persistent, "it stands also while all entries are disabled"
    readers.of(ADDRESSES[0]).shows(discharge_enabled=False)
    await set_up(hass, battery_entry(0))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert readers[ADDRESSES[0]].sample.discharge_enabled is True
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None


async def test_what_was_said_at_an_earlier_start_and_is_over_is_taken_back(
    hass: HomeAssistant, path: Path, readers: FakeReaders
) -> None:
    """The record was struck, but Home Assistant died before it had forgotten the issue."""
    raise_issue(hass, OPENED)
    await set_up(hass, battery_entry())
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None
