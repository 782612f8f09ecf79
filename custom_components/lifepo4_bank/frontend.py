"""Brings the bank card to the page of Home Assistant."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web
from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import HomeAssistantView

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "frontend"
LOADER: Final = f"/{DOMAIN}/loader.js"


async def async_setup_frontend(hass: HomeAssistant) -> None:
    """Serve the card, and have every page load it; once in a run of Home Assistant."""
    if "frontend" not in hass.config.components:
        return
    folder = f"/{DOMAIN}/{await hass.async_add_executor_job(version)}"
    await hass.http.async_register_static_paths([StaticPathConfig(folder, str(FOLDER))])
    hass.http.register_view(LoaderView(folder))
    add_extra_js_url(hass, LOADER)


def version() -> str:
    """Return a hash of all of the card's files: a changed card has other addresses."""
    content = sha256()
    for file in sorted(FOLDER.glob("*.js")):
        content.update(file.name.encode() + file.read_bytes())
    return content.hexdigest()[:16]


class LoaderView(HomeAssistantView):
    """The one file whose address stays; it is never cached, so that it names the newest card."""

    url = LOADER
    name = f"api:{DOMAIN}:loader"
    requires_auth = False

    def __init__(self, folder: str) -> None:
        """Know where the card is."""
        # Home Assistant replaces the registry of custom elements while it starts: what is
        # defined earlier gets lost.
        self._script = (
            'customElements.whenDefined("home-assistant")'
            f'.then(() => import("{folder}/card.js"));\n'
        )

    async def get(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Answer with the script."""
        return web.Response(
            text=self._script,
            content_type="text/javascript",
            headers={"Cache-Control": "no-store"},
        )
