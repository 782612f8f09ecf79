// Elements that are made once and then patched: only what differs is written.

/**
 * Make an element; attributes named on… are listeners.
 * @param {Object<string, any>} [attributes]
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else attribute(element, name, value);
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
  if (value === undefined || value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/** Open Home Assistant's dialog about an entity. */
export function moreInfo(element, entityId) {
  const about = { detail: { entityId }, bubbles: true, composed: true };
  element.dispatchEvent(new CustomEvent("hass-more-info", about));
}

/** Go to another page of Home Assistant. */
export function navigate(path) {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed"));
}
