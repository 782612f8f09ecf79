// The bank as it is wired: batteries between busbars, lines as thick as their current.

import { attribute, h, text } from "./dom.js";
import { bar, divergence, share } from "./share.js";
import { ago, number, say, shown } from "./text.js";

const STILL = 0.3; // A; less is drawn without direction
const THICK = 7; // px, for the largest current of the bank
const MUCH = 10; // A; a bank that carries less has no thick lines

/** @param {function(string)} open is called with the battery that was pressed */
export function schematic(now, open) {
  const { arrangement, blocks } = now.view;
  const parts = [];
  const make = (part) => {
    parts.push(part);
    return part.element;
  };
  const series = arrangement === "series";
  const branch = (batteries) => h("div", { class: "branch" },
    h("div", { class: "column" }, ...batteries.map((battery) => make(seat(battery, open)))),
    make(bar(series ? divergence(batteries[0]) : share(batteries[0]))));
  const alone = (batteries) => batteries.map((battery) => [battery]);
  // rows of branches of batteries
  const rows = arrangement === "series_strings" ? [blocks]
    : series ? alone(blocks[0]).map((one) => [one]) : blocks.map(alone);
  const element = h("div", { class: "schematic", "data-arrangement": arrangement },
    ...rows.map((branches) => h("div", { class: "row" }, ...branches.map(branch))));

  function update() {
    const { hass, view } = now;
    const currents = Object.values(view.batteries).map((one) => number(hass, one, "current") ?? 0);
    const largest = Math.max(MUCH, ...currents.map(Math.abs));
    for (const part of parts) part.update(hass, view, largest);
  }
  return { element, update };
}

/** A battery with the line that joins it. */
function seat(battery, open) {
  const name = h("bdi"), soc = h("span", { class: "soc" });
  const current = h("span", { class: "current" }), remark = h("span", { class: "remark" });
  const tile = h("button", { type: "button", class: "tile", onclick: () => open(battery) },
    h("span", { class: "name" }, name), soc, current, remark);
  const element = h("div", { class: "seat" }, tile);

  function update(hass, view, largest) {
    const known = view.batteries[battery];
    const amperes = known.online ? number(hass, known, "current") : null;
    const flows = amperes !== null && Math.abs(amperes) >= STILL;
    text(name, known.name);
    attribute(tile, "title", known.name);
    text(soc, known.online ? shown(hass, known, "soc") : "–");
    text(current, known.online ? shown(hass, known, "current") : "");
    text(remark, remarkOn(hass, known));
    attribute(element, "data-silent", !known.online);
    attribute(element, "data-open", known.discharge_enabled === false);
    attribute(element, "data-flow", flows && (amperes > 0 ? "in" : "out"));
    tile.style.setProperty("--soc", `${(known.online && number(hass, known, "soc")) || 0}%`);
    element.style.setProperty("--line", `${1 + (THICK * Math.abs(amperes ?? 0)) / largest}px`);
  }
  return { element, update };
}

function remarkOn(hass, known) {
  if (known.gone) return say(hass, "gone");
  if (!known.online) {
    return known.seen === null ? say(hass, "never_seen")
      : say(hass, "silent", { ago: ago(hass, known.seen) });
  }
  if (known.discharge_enabled === false) return say(hass, "discharge_off");
  return known.charge_enabled === false ? say(hass, "charge_off") : "";
}
