// What the card says: Home Assistant's states and the card's own texts, in the reader's language.

const DOMAIN = "lifepo4_bank";
const NOTATIONS = {
  comma_decimal: "en-US", decimal_comma: "de", space_comma: "fr", quote_decimal: "de-CH",
};
const STEPS = [["month", 2_629_746], ["day", 86400], ["hour", 3600], ["minute", 60]];

export const loadTexts = (hass) => hass.loadBackendTranslation("common", DOMAIN);

/** A text of the card; "" while they are being loaded. */
export const say = (hass, key, values) =>
  hass.localize(`component.${DOMAIN}.common.card_${key}`, values) || "";

/** The state of one of the entities of a bank or a battery, if there is one. */
export const stateOf = (hass, owner, key) => hass.states[owner.entities[key]];

/** What Home Assistant calls an entity, without the name of its device. */
export const nameOf = (hass, state) => hass.formatEntityName(state, { type: "entity" });

/** A state as a number; null when it is not known. */
export function number(hass, owner, key) {
  const value = parseFloat(stateOf(hass, owner, key)?.state);
  return Number.isNaN(value) ? null : value;
}

/** The bank's status; "partly" if it is in sync as far as it is heard. */
export function statusOf({ status, batteries }) {
  const heard = Object.values(batteries).every((one) => one.online);
  return heard || status !== "in_sync" ? status : "partly";
}

/** A state with its unit as the reader wants it; "–" when it is not known. */
export function shown(hass, owner, key) {
  const state = stateOf(hass, owner, key);
  const known = !["unknown", "unavailable", undefined].includes(state?.state);
  return known ? hass.formatEntityState(state) : "–";
}

/** A number in the reader's notation. */
export function figure(hass, value, digits = 0, signed = false) {
  const { number_format: format, language } = hass.locale;
  return new Intl.NumberFormat(NOTATIONS[format] ?? language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? "exceptZero" : "auto",
  }).format(value);
}

/** How long ago, such as "3 hours ago"; `time` in seconds since the epoch. */
export function ago(hass, time) {
  const seconds = Math.max(0, Date.now() / 1000 - time);
  const [unit, length] = STEPS.find(([, size]) => seconds >= size) ?? ["second", 1];
  // the language of the text around it: English where nobody has translated it
  const words = new Intl.RelativeTimeFormat(say(hass, "language") || "en", { numeric: "auto" });
  return words.format(-Math.round(seconds / length), unit);
}
