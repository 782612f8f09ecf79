// The bank card: its life on a dashboard, and its first lines.

import { batteryRow } from "./batteries.js";
import { attribute, h, moreInfo, text } from "./dom.js";
import { findingList } from "./findings.js";
import { follow } from "./follow.js";
import { schematic } from "./schematic.js";
import { STYLES } from "./styles.js";
import { loadTexts, nameOf, say, shown, stateOf, statusOf } from "./text.js";

const TYPE = "lifepo4-bank-card";
const DOMAIN = "lifepo4_bank";
const NAME = "LiFePO4 Battery Bank";
const TOTALS = ["voltage", "current", "power", "soc", "runtime"];
const ICONS = {
  in_sync: "check-circle-outline", out_of_sync: "alert-circle-outline", watching: "eye-outline",
  no_load: "sleep",
};

class BankCard extends HTMLElement {
  #config = {};
  #now = { hass: null, view: null, error: null }; // what Home Assistant told last
  #leave = null; // ends what the server tells
  #built; // the structure that is on the page
  #parts = [];
  #root = this.attachShadow({ mode: "open" });
  getGridOptions = () => ({ columns: 12, min_columns: 6 });
  static getStubConfig = () => ({});
  renders = 0; // how often it was drawn, for tests

  /** `device_id` in it is the bank's device; none: the only bank. */
  setConfig(config) {
    this.#config = config;
    this.disconnectedCallback();
    this.connectedCallback();
  }

  set hass(hass) {
    const before = this.#now.hass;
    this.#now.hass = hass;
    this.connectedCallback();
    if (before?.locale !== hass.locale) loadTexts(hass).then(() => this.#draw());
    else if (this.#changed(before)) this.#draw();
  }

  connectedCallback() {
    if (this.#leave || !this.#now.hass || !this.isConnected) return;
    this.#leave = follow(this.#now.hass.connection, this.#config.device_id, (view, error) => {
      Object.assign(this.#now, { view, error });
      this.#draw();
    });
  }

  disconnectedCallback() {
    this.#leave?.();
    this.#leave = null;
  }

  getCardSize() {
    return 6 + Object.keys(this.#now.view?.batteries ?? {}).length;
  }

  static getConfigForm() {
    const bank = { entity: { integration: DOMAIN, domain: "event" } };
    return { schema: [{ name: "device_id", selector: { device: bank } }], computeLabel: () => NAME };
  }

  /** Whether a state, or the way of writing states, is another than before. */
  #changed(before) {
    const { hass, view } = this.#now;
    if (!view || before.formatEntityState !== hass.formatEntityState) return view;
    return [view, ...Object.values(view.batteries)].some(({ entities }) =>
      Object.values(entities).some((one) => before.states[one] !== hass.states[one]));
  }

  #draw() {
    this.renders += 1;
    const { view } = this.#now;
    const structure = JSON.stringify(view && [view.device_id, view.arrangement, view.blocks]);
    if (structure !== this.#built) {
      this.#built = structure;
      const card = h("ha-card");
      this.#parts = view ? whole(this.#now) : [nothing(this.#now)];
      card.append(...this.#parts.map((part) => part.element));
      this.#root.replaceChildren(h("style", {}, STYLES), card);
    }
    for (const part of this.#parts) part.update();
  }
}

function whole(now) {
  const rows = Object.keys(now.view.batteries).map((battery) => batteryRow(now, battery));
  const open = (battery) => rows.find((row) => row.battery === battery).open();
  return [header(now), schematic(now, open), findingList(now), ...rows];
}

/** Why there is no bank to show. */
function nothing(now) {
  const element = h("p.empty");
  const told = (key) => say(now.hass, `error_${key}`);
  return { element, update: () => text(element, told(now.error) || told("unknown")) };
}

function header(now) {
  const name = h("span"), notation = h("small"), icon = h("ha-icon"), status = h("span");
  const pill = h("div.pill", { role: "status" }, icon, status);
  const totals = TOTALS.map((key) => {
    const press = (event) => moreInfo(event.target, now.view.entities[key]);
    return { key, button: h("button", { onclick: press }) };
  });
  const element = h("header", {}, h("h2", {}, name, notation), pill,
    h("div.totals", {}, ...totals.map((total) => total.button)));

  function update() {
    const { hass, view } = now;
    text(name, view.name);
    text(notation, view.notation);
    const all = Object.values(view.batteries), count = all.length;
    const online = all.filter((battery) => battery.online).length;
    const missing = online < count && say(hass, "heard", { online, count });
    const said = stateOf(hass, view, "status");
    attribute(pill, "data-status", statusOf(view));
    attribute(icon, "icon", `mdi:${ICONS[statusOf(view)] ?? "help-circle-outline"}`);
    text(status, [said && hass.formatEntityState(said), missing].filter(Boolean).join(" · "));
    for (const { key, button } of totals) {
      const state = stateOf(hass, view, key), time = shown(hass, view, key);
      attribute(button, "hidden", !state || (key === "runtime" && time === "–"));
      attribute(button, "title", state && nameOf(hass, state));
      text(button, key === "runtime" ? say(hass, "runtime", { time }) : time);
    }
  }
  return { element, update };
}

customElements.define(TYPE, BankCard);
(window.customCards ??= []).push({
  type: TYPE,
  name: NAME,
  description: "Who works, who rests, and what to do about it.",
  preview: true,
  documentationURL: "https://github.com/lifepo4-bank/lifepo4_bank",
  getEntitySuggestion: (hass, entityId) => {
    const { platform, device_id } = hass.entities[entityId] ?? {};
    const bank = platform === DOMAIN && hass.devices[device_id]?.entry_type === "service";
    return bank ? { config: { type: `custom:${TYPE}`, device_id } } : null;
  },
});
