// What is wrong, the worst first, each with what to do about it; or one calm line.

import { attribute, h, moreInfo, navigate, text } from "./dom.js";
import { ago, say } from "./values.js";

const SHOWN = 3;
const ICONS = {
  error: "mdi:alert-circle", warning: "mdi:alert", note: "mdi:information-outline",
};

/** @param {function(): object} getView */
export function findingList(getHass, getView) {
  const list = h("ul", { class: "findings" });
  const calm = h("p", { class: "calm" });
  const element = h("div", {}, list, calm);
  const rows = [];

  function press(index) {
    const finding = getView().findings[index];
    if (finding?.issue && getHass().user?.is_admin) navigate("/config/repairs");
    else moreInfo(element, getView().entities.status);
  }
  function row(index) {
    const icon = h("ha-icon", { "aria-hidden": "true" });
    const message = h("span", { class: "message" });
    const since = h("span", { class: "since" });
    const button = h("button", { type: "button", onclick: () => press(index) },
      icon, h("span", { class: "said" }, message, since));
    return { element: h("li", {}, button), icon, message, since };
  }
  function update(hass, view) {
    const found = view.findings.slice(0, SHOWN);
    while (rows.length > found.length) rows.pop().element.remove();
    while (rows.length < found.length) {
      rows.push(row(rows.length));
      list.append(rows.at(-1).element);
    }
    found.forEach((finding, index) => {
      const one = rows[index];
      attribute(one.element, "data-severity", finding.severity);
      attribute(one.icon, "icon", ICONS[finding.severity]);
      text(one.message, finding.message);
      const key = finding.issue && hass.user?.is_admin ? "since_repair" : "since";
      text(one.since, say(hass, key, { ago: ago(hass, finding.since) }));
    });
    attribute(list, "hidden", !found.length);
    const more = view.findings.length - found.length;
    const words = more > 0 ? say(hass, "more", { count: more })
      : found.length ? "" : say(hass, `calm_${view.status}`);
    text(calm, words);
    attribute(calm, "hidden", !words);
  }
  return { element, update };
}
