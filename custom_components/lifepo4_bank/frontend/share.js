// The bar under a branch: how much of the current it takes, and how much would be fair.

import { attribute, h, text } from "./dom.js";
import { figure, say } from "./text.js";

const FULL = 0.2; // V from the mean, at the ends of the bar

/** A bar from 0 to 2, with a mark at 1; `judge` tells words, state and places on it. */
export function bar(judge) {
  const words = h("p.words");
  const strip = h("div.bar", {}, h("i.normal"), h("i.part"), h("i.tick"));
  const element = h("div.share", {}, strip, words);

  function update(hass, view) {
    const { said, state, ...places } = judge(hass, view);
    attribute(element, "data-state", state);
    text(words, said);
    for (const [name, place] of Object.entries(places)) {
      strip.style.setProperty(`--${name}`, `${50 * Math.min(Math.max(place, 0), 2)}%`);
    }
  }
  return { element, update };
}

const unknown = (hass) => ({ state: "unknown", said: say(hass, "share_unknown") });

/** The share of a branch, given by its first battery, in parts of the fair one. */
export const share = (first) => (hass, { sharing, normal: [low, high] }) => {
  const branch = sharing.flat().find((one) => one.batteries[0] === first);
  const part = branch.share ?? branch.now; // while nothing is learned yet: that of this moment
  if (part === null || !branch.fair) return unknown(hass);
  const to = part / branch.fair, percent = figure(hass, 100 * to);
  if (branch.share === null) return { state: "now", to, said: say(hass, "share_now", { percent }) };
  const off = to < low || to > high;
  const amperes = figure(hass, branch.excess, Math.abs(branch.excess) < 10 ? 1 : 0, true);
  const said = say(hass, off && branch.excess ? "share_off" : "share", { percent, amperes });
  const blur = branch.sigma / branch.fair; // the ends of the band are not known better
  return {
    state: off ? "off" : "fair", said, to,
    a: low - blur, b: low + blur, y: high - blur, z: high + blur,
  };
};

/** Batteries in series carry one current: how far one is from the mean of all. */
export const divergence = (battery) => (hass, { apart }) => {
  const { volts, soc } = apart[battery];
  if (volts === null) return unknown(hass);
  const place = 1 + volts / FULL;
  const said = say(hass, "divergence", {
    millivolts: figure(hass, 1000 * volts, 0, true),
    points: soc === null ? "–" : figure(hass, 100 * soc, 0, true),
  });
  return { state: "fair", said, from: Math.min(1, place), to: Math.max(1, place) };
};
