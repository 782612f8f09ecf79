"""Home Assistant's page in a real Chromium, as its owner sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import shutil
import tempfile
import time

from playwright.async_api import Page, async_playwright

from .home_assistant import CLIENT, HomeAssistant, HomeAssistantError

# Without these Chromium looks for its maker's hosts at every start.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


def chromium() -> str:
    """Return the path of the browser; raises HomeAssistantError when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise HomeAssistantError("no Chromium here: run script/setup --browser")


@asynccontextmanager
async def open_page(
    home: HomeAssistant, *, width: int = 1280, height: int = 900, dark: bool = False
) -> AsyncIterator[Page]:
    """Yield a page that is logged in; `page.goto(home.url + path)` shows what one wants."""
    # The page never needs to renew this: it is the token that the demo made to last.
    tokens = {
        "access_token": home.token,
        "token_type": "Bearer",
        "expires_in": 10**9,
        "expires": int((time.time() + 10**9) * 1000),
        "hassUrl": home.url,
        "clientId": CLIENT,
        "refresh_token": "",
    }
    with tempfile.TemporaryDirectory() as profile:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=chromium(),
                args=list(QUIET),
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            try:
                await browser.add_init_script(
                    f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
                )
                yield browser.pages[0]
            finally:
                await browser.close()
