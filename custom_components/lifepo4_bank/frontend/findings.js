// What is wrong, the worst first, each with what to do about it; or one calm line.

import { attribute, h, moreInfo, text } from "./dom.js";
import { ago, say, statusOf } from "./text.js";

const SHOWN = 3;
const ICONS = { error: "alert-circle", warning: "alert", note: "information-outline" };

export function findingList(now) {
  const rows = [...Array(SHOWN).keys()].map(row);
  const calm = h("p.calm");
  const element = h("div", {}, h("ul.findings", {}, ...rows.map((one) => one.element)), calm);

  const mendable = (finding) => finding.issue && now.hass.user?.is_admin;
  function press(index) {
    if (mendable(now.view.findings[index])) {
      history.pushState(null, "", "/config/repairs?historyBack=1");
      window.dispatchEvent(new CustomEvent("location-changed"));
    } else moreInfo(element, now.view.entities.status);
  }
  function row(index) {
    const icon = h("ha-icon"), message = h("span.message"), since = h("small.since");
    const button = h("button", { onclick: () => press(index) },
      icon, h("span", {}, message, since));
    return { element: h("li", {}, button), icon, message, since };
  }
  function update() {
    const { hass, view } = now, { findings } = view;
    rows.forEach((one, index) => {
      const finding = findings[index];
      attribute(one.element, "hidden", !finding);
      if (!finding) return;
      attribute(one.element, "data-severity", finding.severity);
      attribute(one.icon, "icon", `mdi:${ICONS[finding.severity]}`);
      text(one.message, finding.message);
      const key = mendable(finding) ? "since_repair" : "since";
      text(one.since, say(hass, key, { ago: ago(hass, finding.since) }));
    });
    const count = findings.length - SHOWN;
    text(calm, !findings.length ? say(hass, `calm_${statusOf(view)}`)
      : count > 0 ? say(hass, "more", { count }) : "");
  }
  return { element, update };
}
