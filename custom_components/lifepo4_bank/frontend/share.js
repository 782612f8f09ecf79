// The bar under every branch: how much of the current it takes, and how much would be fair.

import { attribute, h, style, text } from "./dom.js";
import { figure, number, say } from "./values.js";

const WIDEST = 2; // times the fair share, at the right end of the bar
const LEAST = 5; // A of all together, below which their parts say nothing
const FULL = 200; // mV from the mean, at the ends of the bar

/**
 * @param {string[]} batteries of the branch
 * @returns {{element: HTMLElement, update: function, batteries: string[]}}
 */
export function shareBar(batteries) {
  const bar = h("div", { class: "bar", "aria-hidden": "true" },
    h("i", { class: "normal" }), h("i", { class: "part" }), h("i", { class: "tick" }));
  const words = h("span", { class: "words" });
  const element = h("div", { class: "share" }, bar, words);

  function update(hass, view, branch, total) {
    const learned = branch.share !== null && branch.fair > 0;
    const share = learned ? branch.share : momentary(hass, view, branch, total);
    const known = share !== null;
    const ratio = known ? share / branch.fair : 0;
    const [low, high] = view.normal;
    const outside = learned && (ratio < low || ratio > high);
    attribute(element, "data-known", known);
    attribute(element, "data-learned", learned);
    attribute(element, "data-outside", outside);
    style(element, "--part", `${50 * Math.min(Math.max(ratio, 0), WIDEST)}%`);
    style(element, "--low", `${50 * low}%`);
    style(element, "--high", `${50 * high}%`);
    text(words, inWords(hass, { known, learned, outside, ratio }, (share - branch.fair) * Math.abs(total)));
  }
  return { element, update, batteries };
}

function inWords(hass, { known, learned, outside, ratio }, amperes) {
  if (!known) return say(hass, "share_unknown");
  const percent = figure(hass, 100 * ratio);
  if (!learned) return say(hass, "share_now", { percent });
  if (!outside || !amperes) return say(hass, "share", { percent });
  const off = figure(hass, amperes, Math.abs(amperes) < 10 ? 1 : 0, true);
  return say(hass, "share_off", { percent, amperes: off });
}

/** While nothing is learned yet: the part of the present current, if there is any. */
function momentary(hass, view, branch, total) {
  const current = number(hass, view.batteries[branch.batteries[0]], "current");
  const told = current !== null && total !== null && Math.abs(total) >= LEAST && branch.fair > 0;
  return told ? current / total : null;
}

/**
 * Batteries in series carry one current: the bar shows how far each is from their mean voltage.
 */
export function divergenceBar(batteries) {
  const bar = h("div", { class: "bar", "aria-hidden": "true" },
    h("i", { class: "part" }), h("i", { class: "tick" }));
  const words = h("span", { class: "words" });
  const element = h("div", { class: "share" }, bar, words);

  function update(hass, view) {
    const all = Object.values(view.batteries).map((one) => number(hass, one, "voltage"));
    const own = number(hass, view.batteries[batteries[0]], "voltage");
    const heard = all.filter((voltage) => voltage !== null);
    const known = own !== null && heard.length > 1;
    const mean = heard.reduce((sum, voltage) => sum + voltage, 0) / (heard.length || 1);
    const millivolts = known ? 1000 * (own - mean) : 0;
    attribute(element, "data-known", known);
    style(element, "--part", `${50 + 50 * Math.min(Math.max(millivolts / FULL, -1), 1)}%`);
    const off = figure(hass, millivolts, 0, true);
    text(words, known ? say(hass, "divergence", { millivolts: off }) : say(hass, "share_unknown"));
  }
  return { element, update, batteries };
}

/** @returns {number|null} what flows through a set of branches together, in A */
export function totalOf(hass, view, group) {
  let total = 0;
  for (const branch of group) {
    const current = number(hass, view.batteries[branch.batteries[0]], "current");
    if (current === null) return null;
    total += current;
  }
  return total;
}
