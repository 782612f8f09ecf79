"""A second person on board, who may look at everything and touch nothing."""

import copy

from virtual_bank.home_assistant import CLIENT, HomeAssistant

NAME = "guest"
PASSWORD = "just-looking"


async def log_in_guest(home: HomeAssistant) -> HomeAssistant:
    """Make a user who may only read, as the page for users does; returns what he can reach."""
    made = await home.ask("config/auth/create", name=NAME, group_ids=["system-read-only"])
    await home.ask(
        "config/auth_provider/homeassistant/create",
        user_id=made["user"]["id"],
        username=NAME,
        password=PASSWORD,
    )
    guest = copy.copy(home)
    guest.token = ""
    handler = ["homeassistant", None]
    path = "/auth/login_flow"
    flow = await guest.post(path, client_id=CLIENT, handler=handler, redirect_uri=CLIENT)
    known = {"client_id": CLIENT, "username": NAME, "password": PASSWORD}
    code = (await guest.post(f"{path}/{flow['flow_id']}", **known))["result"]
    grant = {"client_id": CLIENT, "grant_type": "authorization_code", "code": code}
    guest.token = (await guest._post("/auth/token", data=grant))["access_token"]
    return guest
