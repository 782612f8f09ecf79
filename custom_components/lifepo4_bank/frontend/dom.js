// Elements that are made once and then patched: only what differs is written.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element, such as a "div" or a "div.class"; attributes named on… are listeners. */
export function h(kind, attributes = {}, ...children) {
  const [tag, name] = kind.split(".");
  const drawn = tag === "svg" || tag === "path";
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  attribute(element, "class", name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else attribute(element, key, value);
  }
  element.append(...children);
  return element;
}

/** Write a text where it differs. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Write an attribute where it differs; undefined, null and false take it away. */
export function attribute(element, name, value) {
  if ((value ?? false) === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/** Open Home Assistant's dialog about an entity. */
export function moreInfo(element, entityId) {
  const about = { detail: { entityId }, bubbles: true, composed: true };
  element.dispatchEvent(new CustomEvent("hass-more-info", about));
}
