// The bank as it is wired: batteries between busbars, lines as thick as their current.

import { attribute, h, style, text } from "./dom.js";
import { divergenceBar, shareBar, totalOf } from "./share.js";
import { ago, number, say, shortNames, shown } from "./values.js";

const STILL = 0.3; // A; less is drawn without direction

/**
 * @param {object} view of the bank
 * @param {function(string)} open is called with the battery that was pressed
 */
export function schematic(view, open) {
  const tiles = new Map();
  const bars = [];
  const strings = view.arrangement === "series_strings";
  const element = h("div", { class: "schematic", "data-arrangement": view.arrangement });

  const tile = (battery) => {
    const made = batteryTile(battery, open);
    tiles.set(battery, made);
    return made.element;
  };
  const column = (batteries) => h("div", { class: "column" }, wire(), ...batteries.flatMap(
    (battery) => [tile(battery), wire()]));
  const row = (branches) => {
    const columns = branches.map((batteries) => {
      const bar = view.arrangement === "series" ? null : shareBar(batteries);
      if (bar) bars.push(bar);
      return h("div", { class: "branch" }, column(batteries), ...(bar ? [bar.element] : []));
    });
    return h("div", { class: "row" }, ...columns);
  };
  const busbar = () => h("div", { class: "busbar", "aria-hidden": "true" });

  element.append(busbar());
  if (strings) {
    element.append(row(view.blocks), busbar());
  } else if (view.arrangement === "series") {
    for (const battery of view.blocks[0]) {
      const bar = divergenceBar([battery]);
      bars.push(bar);
      element.append(h("div", { class: "row" },
        h("div", { class: "branch" }, column([battery]), bar.element)));
    }
    element.append(busbar());
  } else {
    for (const block of view.blocks) {
      element.append(row(block.map((battery) => [battery])), busbar());
    }
  }

  function update(hass, now) {
    const branches = new Map();
    for (const group of now.sharing) {
      const total = totalOf(hass, now, group);
      for (const branch of group) branches.set(branch.batteries[0], [branch, total]);
    }
    const names = shortNames(now.batteries);
    for (const [battery, one] of tiles) one.update(hass, now.batteries[battery], names[battery]);
    for (const bar of bars) bar.update(hass, now, ...(branches.get(bar.batteries[0]) ?? []));
  }
  return { element, update };
}

const wire = () => h("i", { class: "wire", "aria-hidden": "true" });

function batteryTile(battery, open) {
  const name = h("span", { class: "name" });
  const soc = h("span", { class: "soc" });
  const current = h("span", { class: "current" });
  const remark = h("span", { class: "remark" });
  const element = h("button", { type: "button", class: "tile", onclick: () => open(battery) },
    h("i", { class: "fill", "aria-hidden": "true" }), name, soc, current, remark);

  function update(hass, known, short) {
    const charge = known.online ? number(hass, known, "soc") : null;
    const amperes = known.online ? number(hass, known, "current") : null;
    text(name, short);
    attribute(element, "title", known.name);
    text(soc, known.online ? shown(hass, known, "soc") : "–");
    text(current, known.online ? `${arrow(amperes)}${shown(hass, known, "current")}` : "");
    text(remark, remarkOn(hass, known));
    attribute(element, "data-silent", !known.online);
    attribute(element, "data-open", known.discharge_enabled === false);
    style(element, "--soc", `${charge ?? 0}%`);
    // thicker with the current, by its root: ten times the current is three times as thick
    const line = amperes === null ? 1 : 1 + Math.min(7, Math.sqrt(Math.abs(amperes)));
    style(element.parentElement, "--line", `${line.toFixed(1)}px`);
  }
  return { element, update };
}

const arrow = (amperes) =>
  amperes === null || Math.abs(amperes) < STILL ? "" : amperes > 0 ? "▲ " : "▼ ";

function remarkOn(hass, known) {
  if (known.gone) return say(hass, "gone");
  if (!known.online) {
    return known.seen === null ? say(hass, "never_seen")
      : say(hass, "silent", { ago: ago(hass, known.seen) });
  }
  if (known.discharge_enabled === false) return say(hass, "discharge_off");
  if (known.charge_enabled === false) return say(hass, "charge_off");
  return "";
}
