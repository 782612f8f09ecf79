// One line for each battery; it unfolds to its cells, temperature, resistances and its switch.

import { attribute, h, moreInfo, text } from "./dom.js";
import { figure, nameOf, say, shown, stateOf } from "./text.js";

const LINE = ["soc", "current", "voltage", "cell_delta"];
const MORE = [
  "state", "remaining_capacity", "temperature", "own_resistance", "path_resistance_excess",
  "current_share", "fair_share",
];
const WIDE = 0.05; // V between the ends of the strip of cells, at least

export function batteryRow(now, battery) {
  const known = () => now.view.batteries[battery];
  const name = h("span", { class: "name" });
  const line = LINE.map((key) => ({ key, value: h("span", { class: "value" }) }));
  const facts = MORE.map((key) => {
    const press = () => moreInfo(element, known().entities[key]);
    const label = h("button", { type: "button", onclick: press });
    const value = h("dd");
    return { key, label, value, parts: [h("dt", {}, label), value] };
  });
  const cells = cellStrip();
  const control = dischargeSwitch(now, known);
  const element = h("details", { class: "battery", ontoggle: update },
    h("summary", {}, name, ...line.map((one) => one.value)), cells.element,
    h("dl", {}, ...facts.flatMap((fact) => fact.parts)), control.element);

  function update() {
    const { hass } = now, own = known();
    text(name, own.name);
    attribute(element, "data-silent", !own.online);
    for (const { key, value } of line) text(value, stateOf(hass, own, key) ? shown(hass, own, key) : "");
    if (!element.open) return;
    cells.update(hass, own);
    for (const { key, label, value, parts } of facts) {
      const state = stateOf(hass, own, key);
      for (const part of parts) attribute(part, "hidden", !state);
      if (state) text(label, nameOf(hass, state));
      text(value, shown(hass, own, key));
    }
    control.update();
  }
  function open() {
    element.open = true;
    element.scrollIntoView({ block: "nearest" });
    element.querySelector("summary").focus();
  }
  return { battery, element, update, open };
}

/** A dot for each cell between the lowest and the highest; these two are marked and named. */
function cellStrip() {
  const strip = h("div", { class: "dots", "aria-hidden": "true" });
  const words = h("span", { class: "words" });
  const element = h("div", { class: "cells" }, strip, words);

  function update(hass, { cells }) {
    attribute(element, "hidden", !cells.length);
    if (!cells.length) return;
    const low = Math.min(...cells), high = Math.max(...cells);
    const middle = (low + high) / 2, width = Math.max(WIDE, high - low);
    const equal = high === low;
    strip.replaceChildren(...cells.map((volts) => h("i", {
      style: `left: ${50 + (90 * (volts - middle)) / width}%`,
    }, equal ? "●" : volts === low ? "▼" : volts === high ? "▲" : "●")));
    text(words, say(hass, equal ? "cells_equal" : "cells", {
      low: figure(hass, low, 3), low_cell: cells.indexOf(low) + 1,
      high: figure(hass, high, 3), high_cell: cells.indexOf(high) + 1,
      count: cells.length,
    }));
  }
  return { element, update };
}

/** Discharge on or off: unfolds to the reasons against it and a button to confirm. */
function dischargeSwitch(now, known) {
  const wish = h("summary"), reasons = h("ul");
  const button = h("button", { type: "button", class: "confirm", onclick: press });
  const answer = h("p", { role: "status" });
  const element = h("details", { class: "control", ontoggle: () => text(answer, "") },
    wish, reasons, button, answer);
  let busy = false;

  async function press() {
    const enabled = stateOf(now.hass, known(), "discharge").state !== "on";
    const data = { device_id: known().device_id, enabled };
    busy = true;
    update();
    try {
      await now.hass.callService("lifepo4_bank", "set_discharge", data, undefined, false);
      element.open = false;
    } catch (error) {
      text(answer, error.message ?? String(error));
    }
    busy = false;
    update();
  }
  function update() {
    const { hass } = now, { name, refused } = known();
    const state = stateOf(hass, known(), "discharge")?.state;
    const way = state === "on" ? "off" : "on";
    attribute(element, "hidden", !state);
    text(wish, say(hass, `switch_${way}`));
    text(button, say(hass, `confirm_${way}`, { name }));
    attribute(button, "disabled", busy || refused.length > 0 || !["on", "off"].includes(state));
    reasons.replaceChildren(...refused.map((reason) => h("li", {}, reason)));
  }
  return { element, update };
}
