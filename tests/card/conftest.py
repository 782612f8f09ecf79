"""The card on a page that gives it what a dashboard does."""

from collections.abc import AsyncIterator

from playwright.async_api import BrowserContext, Page, Route, async_playwright
import pytest

from tests.card.given import FOLDER, Given, Show
from virtual_bank.browser import QUIET, chromium

PAGE = (FOLDER.parents[1] / "tests" / "card" / "page.html").read_text()


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield await browser.new_context()
        await browser.close()


@pytest.fixture
async def show(context: BrowserContext) -> AsyncIterator[Show]:
    """Show the card: `await show(given(), width=320)`; the browser may complain of nothing."""
    complaints: list[str] = []

    async def shown(
        bank: Given, *, width: int = 500, dark: bool = False, frozen: bool = False
    ) -> Page:
        page = await context.new_page()
        if frozen:
            await page.clock.install()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )

        async def serve(route: Route) -> None:
            path = route.request.url.removeprefix("http://boat.test")
            if path == "/given.json":
                await route.fulfill(body=bank.as_json(), content_type="application/json")
            elif path.startswith("/frontend/"):
                script = (FOLDER / path.removeprefix("/")).read_text()
                await route.fulfill(body=script, content_type="text/javascript")
            else:
                await route.fulfill(body=PAGE, content_type="text/html")

        await page.route("**/*", serve)
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto("http://boat.test/")
        if frozen:
            await page.clock.run_for(1000)
        await page.wait_for_selector("body[data-ready]")
        if dark:
            await page.evaluate("document.body.classList.add('dark')")
        return page

    yield shown
    assert complaints == []
