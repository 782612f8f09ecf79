"""Whether the caller of an action may do this to a battery or a bank."""

from homeassistant.auth.permissions.const import CAT_ENTITIES
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN


async def async_check_permission(
    hass: HomeAssistant, context: Context, device_id: str, policy: str, key: str | None = None
) -> None:
    """Raise Unauthorized unless the caller has the permission on the device's entities.

    `key` names the one entity that counts, for example the switch that does the same; without
    it, or if the device has no such entity, all of the device's entities count. Calls without
    a user come from automations and scripts of people who were allowed to make them.
    """
    if context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=policy, user_id=context.user_id)
    entities = [
        entry
        for entry in er.async_entries_for_device(
            er.async_get(hass), device_id, include_disabled_entities=True
        )
        if entry.platform == DOMAIN
    ]
    exact = [entry for entry in entities if key and entry.unique_id.endswith(f"_{key}")]
    needed = [entry.entity_id for entry in exact or entities]
    if needed:
        allowed = all(user.permissions.check_entity(entity, policy) for entity in needed)
    else:
        allowed = user.permissions.access_all_entities(policy)
    if not allowed:
        raise Unauthorized(
            context=context,
            user_id=context.user_id,
            permission=policy,
            perm_category=CAT_ENTITIES,
        )


def device_id_of(hass: HomeAssistant, entry_id: str, identifier: str) -> str:
    """Return the device of a battery or a bank."""
    return dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, identifier), config_entry_id=entry_id
    )
