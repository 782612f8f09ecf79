// Elements that are made once and then patched: only what differs is written.

/**
 * Make an element. Attributes named on… are listeners; undefined ones are left out.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string)} children
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

/** Write a property of the style, for example "--soc", where it differs. */
export function style(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** Open Home Assistant's dialog about an entity. */
export function moreInfo(element, entityId) {
  const detail = { entityId };
  element.dispatchEvent(
    new CustomEvent("hass-more-info", { detail, bubbles: true, composed: true }),
  );
}

/** Go to another page of Home Assistant. */
export function navigate(path) {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}
