// One line for each battery; it unfolds to its cells, temperature, resistances and its switch.

import { attribute, h, moreInfo, text } from "./dom.js";
import { ago, figure, nameOf, say, shown, stateOf } from "./text.js";

const LINE = ["soc", "current", "voltage", "cell_delta"];
const MORE = [
  "state", "cell_delta", "remaining_capacity", "temperature", "own_resistance", "path_resistance_excess",
  "current_share", "fair_share",
];
const RANGE = 0.05; // V between bottom and top of the strip of cells, at least
const HIGH = 24; // px between them

export function batteryRow(now, battery) {
  const known = () => now.view.batteries[battery];
  const name = h("span.name");
  const line = LINE.map((key) => ({ key, value: h("span.value") }));
  const facts = MORE.map((key) => {
    const press = () => moreInfo(element, known().entities[key]);
    const label = h("button", { onclick: press }), value = h("dd");
    return { key, label, value, row: h("div", {}, h("dt", {}, label), value) };
  });
  let first; // what its own resistance was
  const cells = cellStrip();
  const control = dischargeSwitch(now, known);
  const element = h("details.battery", { ontoggle: unfold },
    h("summary.line", {}, name, ...line.map((one) => one.value)), cells.element,
    h("dl", {}, ...facts.map((fact) => fact.row)), control.element);

  function update() {
    const { hass } = now, own = known();
    text(name, own.name);
    attribute(element, "data-silent", !own.online);
    for (const { key, value } of line) text(value, shown(hass, own, key));
    if (!element.open) return;
    cells.update(hass, own);
    for (const { key, label, value, row } of facts) {
      const state = stateOf(hass, own, key), said = shown(hass, own, key);
      attribute(row, "hidden", !state);
      if (!state) continue;
      text(label, nameOf(hass, state));
      text(value, key !== "own_resistance" || !first ? said : say(hass, "trend", {
        now: said, before: hass.formatEntityState(state, `${first.mean}`), ago: ago(hass, first.end / 1000),
      }));
    }
    control.update();
  }
  async function unfold() {
    update();
    if (element.open) first = await earliest(now.hass, known().entities.own_resistance);
    update();
  }
  function open() {
    element.open = true;
    element.scrollIntoView({ block: "nearest" });
    element.querySelector("summary").focus();
  }
  return { battery, element, update, open };
}

/** The first month, now over, of which the recorder keeps what an entity was. */
async function earliest(hass, entity) {
  const told = entity && await hass.callWS({
    type: "recorder/statistics_during_period", statistic_ids: [entity], types: ["mean"],
    period: "month", start_time: "2020-01-01T00:00:00Z",
  }).catch(() => null);
  return told?.[entity]?.find((month) => month.end < Date.now());
}

/** A dot for each cell, the higher the more volts; the lowest and the highest are marked and named. */
function cellStrip() {
  const strip = h("div.dots", { "aria-hidden": "true" });
  const words = h("p.words");
  const element = h("div.cells", {}, strip, words);

  function update(hass, { cells }) {
    attribute(element, "hidden", !cells.length);
    if (!cells.length) return;
    const low = Math.min(...cells), high = Math.max(...cells);
    const middle = (low + high) / 2, range = Math.max(RANGE, high - low);
    const equal = high === low;
    strip.replaceChildren(...cells.map((volts) => h("i", {
      style: `top: ${HIGH * (0.5 - (volts - middle) / range)}px`,
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
  const button = h("button.confirm", { onclick: press });
  const answer = h("p", { role: "status" });
  const element = h("details.control", { ontoggle: () => text(answer, "") },
    wish, reasons, button, answer);
  let busy = false;

  async function press() {
    const { device_id, entities } = known();
    const data = { device_id, enabled: now.hass.states[entities.discharge].state !== "on" };
    busy = true;
    update();
    try {
      await now.hass.callService("lifepo4_bank", "set_discharge", data, undefined, false);
      element.open = false;
    } catch (error) {
      text(answer, error.message);
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
