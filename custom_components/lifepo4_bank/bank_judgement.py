"""A bank's entry in the terms of those who judge it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.exceptions import ConfigEntryError

from .const import (
    CONF_ARRANGEMENT,
    CONF_CURRENT_SENSOR,
    CONF_GROUP_SIZE,
    CONF_MAX_BATTERY_CURRENT,
    CONF_MAX_PARALLEL,
    CONF_MAX_SERIES,
    DOMAIN,
)
from .core.battery import Battery
from .core.diagnosis.engine import Options
from .core.judgement import Judgement
from .core.layout import Arrangement, Layout, LayoutError

LIMITS: Final = (CONF_MAX_PARALLEL, CONF_MAX_SERIES, CONF_MAX_BATTERY_CURRENT)


def judgement_of(entry: ConfigEntry[Any], batteries: Mapping[str, Battery]) -> Judgement:
    """Begin to judge the bank; raise ConfigEntryError if its batteries do not fit together."""
    data, options = entry.data, entry.options
    try:
        layout = Layout.of(
            Arrangement(data[CONF_ARRANGEMENT]), tuple(batteries), data.get(CONF_GROUP_SIZE)
        )
    except LayoutError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key=f"layout_{error.key}"
        ) from error
    return Judgement(
        layout,
        batteries,
        Options(**{key: options[key] for key in LIMITS if options.get(key) is not None}),
        options.get(CONF_CURRENT_SENSOR),
    )
