// The bank card: who works, who rests, is that normal, and what to do about it.

import { batteryRow } from "./batteries.js";
import { attribute, h, moreInfo, text } from "./dom.js";
import { findingList } from "./findings.js";
import { schematic } from "./schematic.js";
import { STYLES } from "./styles.js";
import { loadTexts, say, shortNames, shown, stateOf } from "./values.js";

const TYPE = "lifepo4-bank-card";
const DOMAIN = "lifepo4_bank";
const TOTALS = ["voltage", "current", "power", "soc", "runtime"];
const ICONS = {
  in_sync: "mdi:check-circle-outline", out_of_sync: "mdi:alert-circle-outline",
  watching: "mdi:eye-outline", no_load: "mdi:sleep", unknown: "mdi:help-circle-outline",
};

class BankCard extends HTMLElement {
  #config = {};
  #hass = null;
  #view = null; // what the server told last, null while there is nothing to show
  #error = null;
  #stop = null; // a promise of the function that ends the subscription
  #built = null; // the structure that is on the page
  #parts = [];
  #seen = new Map(); // states of our entities as they were drawn

  /** How often something was drawn; the tests look at it. */
  renders = 0;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }

  /** @param {{device_id?: string}} config device of the bank; none: the only bank */
  setConfig(config) {
    const other = config.device_id !== this.#config.device_id;
    this.#config = config;
    if (other) this.#unsubscribe();
    this.#subscribe();
  }

  set hass(hass) {
    const language = this.#hass?.locale?.language !== hass.locale?.language;
    this.#hass = hass;
    this.#subscribe();
    if (language) loadTexts(hass).then(() => this.#draw());
    else if (this.#view && this.#changed()) this.#draw();
  }

  connectedCallback() {
    this.#subscribe();
  }

  disconnectedCallback() {
    this.#unsubscribe();
  }

  getCardSize() {
    return 6 + Object.keys(this.#view?.batteries ?? {}).length;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }

  static getConfigForm() {
    const bank = { entity: { integration: DOMAIN, domain: "event" } };
    return { schema: [{ name: "device_id", selector: { device: bank } }] };
  }

  static getStubConfig() {
    return {};
  }

  #subscribe() {
    if (this.#stop || !this.#hass || !this.isConnected) return;
    const message = { type: `${DOMAIN}/subscribe`, ...(this.#config.device_id && { device_id: this.#config.device_id }) };
    this.#stop = this.#hass.connection.subscribeMessage((view) => this.#told(view, null), message);
    this.#stop.catch((error) => this.#told(null, error.code ?? "unknown"));
  }

  #unsubscribe() {
    this.#stop?.then((stop) => stop(), () => {});
    this.#stop = null;
  }

  #told(view, error) {
    this.#view = view;
    this.#error = error;
    this.#draw();
  }

  /** Whether a state that is shown differs from the one that was drawn. */
  #changed() {
    for (const [entity, state] of this.#seen) {
      if (this.#hass.states[entity] !== state) return true;
    }
    return false;
  }

  #draw() {
    if (!this.#hass) return;
    this.renders += 1;
    const structure = this.#structure();
    if (structure !== this.#built) {
      this.#built = structure;
      this.#build();
    }
    for (const part of this.#parts) part(this.#hass, this.#view);
    this.#seen = new Map(this.#entities().map((entity) => [entity, this.#hass.states[entity]]));
  }

  /** All that decides which elements there are. */
  #structure() {
    const view = this.#view;
    return JSON.stringify(view && [view.arrangement, view.blocks, view.device_id]);
  }

  #entities() {
    if (!this.#view) return [];
    const owners = [this.#view, ...Object.values(this.#view.batteries)];
    return owners.flatMap((owner) => Object.values(owner.entities));
  }

  #build() {
    const card = h("ha-card");
    this.shadowRoot.replaceChildren(h("style", {}, STYLES), card);
    if (!this.#view) {
      const empty = h("p", { class: "empty" });
      card.append(empty);
      this.#parts = [(hass) => text(empty,
        say(hass, `error_${this.#error ?? "not_loaded"}`) || say(hass, "error_unknown"))];
      return;
    }
    const getHass = () => this.#hass, getView = () => this.#view;
    const header = this.#header();
    const rows = Object.keys(this.#view.batteries).map((battery) => batteryRow(battery, getHass));
    const wiring = schematic(this.#view, (battery) =>
      rows.find((row) => row.battery === battery).open());
    const findings = findingList(getHass, getView);
    const batteries = h("div", { class: "batteries" });
    const updateRows = (hass, view) => {
      const names = shortNames(view.batteries);
      for (const row of rows) row.update(hass, view.batteries[row.battery], names[row.battery]);
    };
    for (const row of rows) {
      row.element.addEventListener("toggle", () => updateRows(this.#hass, this.#view));
      batteries.append(row.element);
    }
    card.append(header.element, wiring.element, findings.element, batteries);
    this.#parts = [header.update, wiring.update, findings.update, updateRows];
  }

  #header() {
    const name = h("span"), notation = h("small"), icon = h("ha-icon"), status = h("span");
    const pill = h("div", { class: "pill", role: "status" }, icon, status);
    const totals = TOTALS.map((key) => h("button", {
      type: "button", onclick: () => moreInfo(this, this.#view.entities[key]),
    }));
    const heard = h("span");
    const element = h("header", {}, h("h2", {}, name, notation), pill,
      h("div", { class: "totals" }, ...totals, heard));
    const update = (hass, view) => {
      text(name, view.name);
      text(notation, view.notation);
      attribute(pill, "data-status", view.status);
      attribute(icon, "icon", ICONS[view.status]);
      text(status, shown(hass, view, "status"));
      TOTALS.forEach((key, index) => {
        const state = stateOf(hass, view, key);
        const known = state && (key !== "runtime" || shown(hass, view, key) !== "–");
        attribute(totals[index], "hidden", !known);
        text(totals[index], key === "runtime" ? say(hass, "runtime", { time: shown(hass, view, key) }) : shown(hass, view, key));
      });
      const all = Object.values(view.batteries);
      const online = all.filter((battery) => battery.online).length;
      text(heard, online < all.length ? say(hass, "heard", { online, count: all.length }) : "");
    };
    return { element, update };
  }
}

if (!customElements.get(TYPE)) {
  customElements.define(TYPE, BankCard);
  window.customCards = window.customCards ?? [];
  window.customCards.push({
    type: TYPE,
    name: "LiFePO4 Battery Bank",
    description: "Who works, who rests, whether that is normal, and what to do about it.",
    preview: true,
    documentationURL: "https://github.com/lifepo4-bank/lifepo4_bank",
    getEntitySuggestion: (hass, entityId) => {
      const entity = hass.entities?.[entityId];
      const device = entity?.platform === DOMAIN && hass.devices?.[entity.device_id];
      if (!device || device.entry_type !== "service") return null;
      return { config: { type: `custom:${TYPE}`, device_id: device.id } };
    },
  });
}
