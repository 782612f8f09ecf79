// What is wrong, the worst first, each with what to do about it; or one calm line.

import { attribute, h, moreInfo, navigate, text } from "./dom.js";
import { ago, say } from "./text.js";

const SHOWN = 3;
const ICONS = {
  error: "mdi:alert-circle", warning: "mdi:alert", note: "mdi:information-outline",
};

export function findingList(now) {
  const rows = [...Array(SHOWN).keys()].map(row);
  const calm = h("p", { class: "calm" });
  const element = h("div", {},
    h("ul", { class: "findings" }, ...rows.map((one) => one.element)), calm);

  function press(index) {
    const finding = now.view.findings[index];
    if (finding?.issue && now.hass.user?.is_admin) navigate("/config/repairs?historyBack=1");
    else moreInfo(element, now.view.entities.status);
  }
  function row(index) {
    const icon = h("ha-icon", { "aria-hidden": "true" });
    const message = h("span", { class: "message" }), since = h("span", { class: "since" });
    const button = h("button", { type: "button", onclick: () => press(index) },
      icon, h("span", {}, message, since));
    return { element: h("li", {}, button), icon, message, since };
  }
  function update() {
    const { hass, view: { findings, status } } = now;
    rows.forEach((one, index) => {
      const finding = findings[index];
      attribute(one.element, "hidden", !finding);
      if (!finding) return;
      attribute(one.element, "data-severity", finding.severity);
      attribute(one.icon, "icon", ICONS[finding.severity]);
      text(one.message, finding.message);
      const key = finding.issue && hass.user?.is_admin ? "since_repair" : "since";
      text(one.since, say(hass, key, { ago: ago(hass, finding.since) }));
    });
    const count = findings.length - SHOWN;
    text(calm, !findings.length ? say(hass, `calm_${status}`)
      : count > 0 ? say(hass, "more", { count }) : "");
  }
  return { element, update };
}
