// What the card reads from Home Assistant: states, and texts in the reader's language.

const DOMAIN = "lifepo4_bank";
const LONG = 12; // letters of a common beginning that tell nothing
const MISSING = new Set(["unknown", "unavailable"]);

/** Have the card's texts loaded in the reader's language. */
export const loadTexts = (hass) => hass.loadBackendTranslation("common", DOMAIN);

/** @returns {string} a text of the card, "" while they are being loaded */
export const say = (hass, key, values) =>
  hass.localize(`component.${DOMAIN}.common.card_${key}`, values) || "";

/** @returns {object|undefined} the state of one of the entities of a bank or a battery */
export const stateOf = (hass, owner, key) => hass.states[owner.entities[key]];

/** @returns {number|null} null when it is not known */
export function number(hass, owner, key) {
  const state = stateOf(hass, owner, key);
  if (!state || MISSING.has(state.state)) return null;
  const value = Number(state.state);
  return Number.isFinite(value) ? value : null;
}

/** @returns {string} a state with its unit as the reader wants it, "–" when it is not known */
export function shown(hass, owner, key) {
  const state = stateOf(hass, owner, key);
  return !state || MISSING.has(state.state) ? "–" : hass.formatEntityState(state);
}

/**
 * Shorten names that differ only at their ends, as batteries of one make do.
 * @returns {Object<string, string>} by battery
 */
export function shortNames(batteries) {
  const names = Object.values(batteries).map((battery) => battery.name);
  let common = 0;
  while (names.length > 1 && names.every((name) => name[common] && name[common] === names[0][common])) {
    common += 1;
  }
  const cut = common >= LONG ? Math.min(common, ...names.map((name) => name.length - 4)) : 0;
  return Object.fromEntries(Object.entries(batteries).map(
    ([battery, { name }]) => [battery, cut > 0 ? `…${name.slice(cut)}` : name]));
}

/** @returns {string} a number in the reader's notation, with a sign if wanted */
export const figure = (hass, value, digits = 0, signed = false) =>
  new Intl.NumberFormat(notation(hass), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? "exceptZero" : "auto",
  }).format(value);

const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** @returns {string} how long ago, for example "3 hours ago"; time in seconds since the epoch */
export function ago(hass, time) {
  const seconds = Math.max(0, Date.now() / 1000 - time);
  const [unit, length] = STEPS.find(([, size]) => seconds >= size) ?? ["second", 1];
  const words = new Intl.RelativeTimeFormat(hass.locale?.language ?? "en", { numeric: "auto" });
  return words.format(-Math.round(seconds / length), unit);
}

function notation(hass) {
  switch (hass.locale?.number_format) {
    case "comma_decimal": return "en-US";
    case "decimal_comma": return "de";
    case "space_comma": return "fr";
    default: return hass.locale?.language ?? "en";
  }
}
