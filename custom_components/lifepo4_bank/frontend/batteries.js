// One line for each battery; it unfolds to its cells, temperature, resistances and its switch.

import { attribute, h, moreInfo, style, text } from "./dom.js";
import { figure, say, shown, stateOf } from "./values.js";

const LINE = ["soc", "current", "voltage", "cell_delta"];
const MORE = [
  "state", "remaining_capacity", "temperature", "own_resistance", "path_resistance_excess",
  "current_share", "fair_share",
];
const WIDE = 0.05; // V between the ends of the strip of cells, at least

/**
 * @param {string} battery
 * @param {function(): object} getHass
 */
export function batteryRow(battery, getHass) {
  const long = h("span", { class: "long" }), brief = h("span", { class: "brief" });
  const line = LINE.map(() => h("span", { class: "value" }));
  const facts = MORE.map((key) => {
    const label = h("button", { type: "button", onclick: () => moreInfo(element, entities[key]) });
    return { key, label, name: h("dt", {}, label), value: h("dd") };
  });
  const cells = cellStrip();
  const mosfet = dischargeSwitch(getHass);
  const element = h("details", { class: "battery" },
    h("summary", {}, h("span", { class: "name" }, long, brief), ...line), cells.element,
    h("dl", {}, ...facts.flatMap((fact) => [fact.name, fact.value])), mosfet.element);
  let entities = {};

  function update(hass, known, short) {
    const told = (key) => (stateOf(hass, known, key) ? shown(hass, known, key) : "");
    entities = known.entities;
    text(long, known.name);
    text(brief, short);
    attribute(element, "data-silent", !known.online);
    LINE.forEach((key, index) => text(line[index], told(key)));
    if (!element.open) return;
    cells.update(hass, known);
    for (const fact of facts) {
      const state = stateOf(hass, known, fact.key);
      for (const part of [fact.name, fact.value]) attribute(part, "hidden", !state);
      if (state) text(fact.label, hass.formatEntityName?.(state, { type: "entity" }) || fact.key);
      text(fact.value, told(fact.key));
    }
    mosfet.update(hass, known);
  }
  const open = () => {
    element.open = true;
    element.scrollIntoView({ block: "nearest" });
    element.querySelector("summary").focus();
  };
  return { battery, element, update, open };
}

/** A dot for each cell between the lowest and the highest; these two are marked and named. */
function cellStrip() {
  const strip = h("div", { class: "dots", "aria-hidden": "true" });
  const words = h("span", { class: "words" });
  const element = h("div", { class: "cells", hidden: true }, strip, words);

  function update(hass, known) {
    const volts = known.cells;
    attribute(element, "hidden", !volts.length);
    while (strip.childElementCount > volts.length) strip.lastElementChild.remove();
    while (strip.childElementCount < volts.length) strip.append(h("i", {}));
    if (!volts.length) return;
    const low = Math.min(...volts), high = Math.max(...volts);
    const middle = (low + high) / 2, width = Math.max(WIDE, high - low);
    volts.forEach((voltage, index) => {
      const dot = strip.children[index];
      style(dot, "left", `${50 + (90 * (voltage - middle)) / width}%`);
      text(dot, high === low ? "●" : voltage === low ? "▼" : voltage === high ? "▲" : "●");
    });
    text(words, say(hass, high === low ? "cells_equal" : "cells", {
      low: figure(hass, low, 3), low_cell: volts.indexOf(low) + 1,
      high: figure(hass, high, 3), high_cell: volts.indexOf(high) + 1,
      count: volts.length,
    }));
  }
  return { element, update };
}

/** Discharge on or off, asked for twice; a refusal is shown with all its reasons. */
function dischargeSwitch(getHass) {
  let known = null, asked = false;
  const button = h("button", { type: "button", class: "switch", onclick: press });
  const cancel = h("button", { type: "button", class: "switch", hidden: true, onclick: () => ask(false) });
  const answer = h("p", { class: "answer", role: "status" });
  const element = h("div", { class: "control", hidden: true }, button, cancel, answer);

  function ask(now) {
    asked = now;
    if (known) update(getHass(), known);
  }
  async function press() {
    const hass = getHass();
    const state = stateOf(hass, known, "discharge");
    if (!asked) {
      text(answer, "");
      return ask(true);
    }
    ask(false);
    attribute(button, "disabled", true);
    try {
      const data = { device_id: known.device_id, enabled: state.state !== "on" };
      await hass.callService("lifepo4_bank", "set_discharge", data, undefined, false);
    } catch (error) {
      text(answer, error.message ?? String(error));
    } finally {
      attribute(button, "disabled", false);
    }
  }
  function update(hass, now) {
    known = now;
    const state = stateOf(hass, known, "discharge");
    const usable = state && (state.state === "on" || state.state === "off");
    attribute(element, "hidden", !state);
    attribute(cancel, "hidden", !asked);
    if (!state) return;
    if (!button.hasAttribute("disabled") || !usable) attribute(button, "disabled", !usable);
    const on = state.state === "on";
    const name = known.name;
    text(button, say(hass, asked ? (on ? "confirm_off" : "confirm_on") : (on ? "switch_off" : "switch_on"), { name }));
    text(cancel, say(hass, "cancel"));
  }
  return { element, update };
}
