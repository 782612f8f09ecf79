// The bank as it is wired: batteries between busbars, lines as thick as their current.

import { attribute, h, text } from "./dom.js";
import { bar, divergence, share } from "./share.js";
import { ago, number, say, shown } from "./text.js";

const STILL = 0.3; // A; less is drawn without direction
const THICK = 7; // px, for the largest current of the bank
const MUCH = 10; // A; a bank that carries less has no thick lines
const arrow = (half) => `M${-half} 20V10h-4L0 1 ${half + 4} 10h-4V20z`;
const LINES = {
  gives: arrow, takes: arrow, rests: () => "M0 0v20", unknown: () => "M0 0v4m0 4v4m0 4v4",
  open: () => "M0 0v5M0 20v-3L10 6",
};

/** `open` is called with the battery that was pressed. */
export function schematic(now, open) {
  const { arrangement, blocks } = now.view;
  const parts = [];
  const make = (part) => {
    parts.push(part);
    return part.element;
  };
  const series = arrangement === "series";
  const branch = (batteries) => h("div.branch", {},
    h("div.column", {}, ...batteries.map((battery) => make(seat(battery, open)))),
    make(bar(series ? divergence(batteries[0]) : share(batteries[0]))));
  const alone = (list) => list.map((one) => [one]);
  // rows of branches of batteries
  const rows = arrangement === "series_strings" ? [blocks]
    : series ? alone(alone(blocks[0])) : blocks.map(alone);
  const element = h(`div.${arrangement}`, { role: "group" },
    ...rows.map((branches) => h("div.row", {}, ...branches.map(branch))));

  function update() {
    const { hass, view } = now;
    const counts = { blocks: blocks.length, size: blocks[0].length };
    attribute(element, "aria-label", say(hass, `wired_${arrangement}`, counts));
    const currents = Object.values(view.batteries).map((one) => number(hass, one, "current"));
    const largest = Math.max(MUCH, ...currents.map(Math.abs));
    for (const part of parts) part.update(hass, view, largest);
  }
  return { element, update };
}

/** A battery with the line that joins it. */
function seat(battery, open) {
  const name = h("bdi"), soc = h("span.soc");
  const current = h("span.current"), remark = h("small.remark");
  const tile = h("button.tile", { onclick: () => open(battery) },
    h("span.name", {}, name), soc, current, remark);
  const path = h("path"), line = h("svg", { viewBox: "-20 0 40 20", role: "img" }, path);
  const element = h("div.seat", {}, line, tile);

  function update(hass, view, largest) {
    const known = view.batteries[battery];
    const own = known.online ? known : { entities: {} };
    const amperes = number(hass, own, "current");
    const half = 0.5 + (THICK * Math.abs(amperes)) / largest / 2;
    const way = known.discharge_enabled === false ? "open" : amperes === null ? "unknown"
      : Math.abs(amperes) < STILL ? "rests" : amperes > 0 ? "takes" : "gives";
    text(name, known.name);
    text(soc, shown(hass, own, "soc"));
    text(current, known.online ? shown(hass, known, "current") : "");
    text(remark, remarkOn(hass, known));
    attribute(element, "data-silent", !known.online);
    attribute(element, "data-way", way);
    attribute(line, "aria-label", say(hass, `way_${way}`));
    attribute(path, "d", LINES[way](half));
    tile.style.setProperty("--soc", `${number(hass, own, "soc") ?? 0}%`);
    element.style.setProperty("--line", `${2 * half}px`);
  }
  return { element, update };
}

function remarkOn(hass, known) {
  const key = known.gone ? "gone"
    : !known.online ? (known.seen === null ? "never_seen" : "silent")
    : known.discharge_enabled === false ? "discharge_off"
    : known.charge_enabled === false ? "charge_off" : "";
  return key && say(hass, key, { ago: ago(hass, known.seen) });
}
