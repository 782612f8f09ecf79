// What the card asks of the server: to be told of a bank as long as it is looked at.

const PATIENCE = 10_000; // ms, until it asks again for a bank that is not there

/**
 * Follow a bank, or the only one, also through restarts of Home Assistant.
 * `told` is called with a view, or with null and an error; the function that is returned ends it.
 */
export function follow(connection, device_id, told) {
  const message = { type: "lifepo4_bank/subscribe", ...(device_id && { device_id }) };
  let asked = null; // promises the function that ends the subscription
  let again = null;

  function ask() {
    drop();
    const hearIt = (view) => hear(mine, view);
    const mine = connection.subscribeMessage(hearIt, message, { resubscribe: false });
    asked = mine;
    mine.catch((error) => hear(mine, null, error.code));
  }
  function hear(from, view, error = "not_loaded") {
    if (from !== asked) return; // nobody waits for this answer any more
    clearTimeout(again);
    if (!view) again = setTimeout(ask, PATIENCE);
    told(view, error);
  }
  function drop() {
    clearTimeout(again);
    asked?.then((end) => end()).catch(() => {});
    asked = null;
  }
  // Home Assistant's own resubscribing gives up for good when the integration is not up yet.
  function reconnected() {
    asked = null; // gone with its connection; its number may be somebody else's by now
    ask();
  }
  connection.addEventListener("ready", reconnected);
  ask();
  return () => {
    connection.removeEventListener("ready", reconnected);
    drop();
  };
}
