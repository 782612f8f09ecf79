"""A bank to be in words: how it is joined, for people to confirm, and what an offer is called."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .bank_sentence import async_listed
from .const import DOMAIN
from .core.battery import Volts
from .core.layout import Arrangement, Layout
from .core.wording import side_by_side

_COMMON: Final = f"component.{DOMAIN}.common"


async def async_arrangement_words(
    hass: HomeAssistant, layout: Layout, names: Mapping[str, str]
) -> str:
    """Describe a layout: "2S2P: two pairs in parallel, joined in series (A + B and C + D)"."""
    texts = await async_get_translations(hass, hass.config.language, "common", [DOMAIN])
    size = len(layout.blocks[0])
    pairs = "pairs" if size == 2 else "blocks"
    kind = "groups" if layout.arrangement is Arrangement.PARALLEL_GROUPS else "strings"
    sentence = texts[f"{_COMMON}.arrangement_{kind}_{pairs}"].format(
        count=_word(texts, len(layout.blocks)), size=_word(texts, size)
    )
    blocks = [side_by_side(names[battery] for battery in block) for block in layout.blocks]
    return f"{layout.notation}: {sentence} ({async_listed(hass, blocks)})"


async def async_offer_words(hass: HomeAssistant, voltage: Volts) -> tuple[str, str]:
    """Name the offer of a bank, and suggest a name for the bank."""
    texts = await async_get_translations(hass, hass.config.language, "common", [DOMAIN])
    title = texts[f"{_COMMON}.offer_title"].format(voltage=f"{voltage:g}")
    return title, texts[f"{_COMMON}.offer_name"]


def _word(texts: Mapping[str, str], number: int) -> str:
    """Return a small number as a word, a larger one in digits."""
    return texts.get(f"{_COMMON}.number_{number}", str(number))
