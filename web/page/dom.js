// SPDX-License-Identifier: MIT
//
// Making elements. Text becomes text nodes and nothing here reads markup, so what a person wrote cannot become
// an element. Styles are set by class only: the page works where inline styles are forbidden.

const PROPERTIES = ['value', 'checked', 'disabled', 'hidden', 'selected', 'textContent', 'htmlFor'];
const SVG = 'http://www.w3.org/2000/svg';
let lastId = 0;

/** An id that nobody else has, for labels. */
export function freshId() {
  lastId += 1;
  return `sc-${lastId}`;
}

/** el('div.a.b', {title: 'x', onclick: f}, child, 'text', [more]): null and false are left out. */
export function el(name, attributes, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes || {})) setAttribute(node, key, value);
  append(node, children);
  return node;
}

export function setAttribute(node, key, value) {
  if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
  else if (PROPERTIES.includes(key)) node[key] = value;
  else if (value === null || value === undefined || value === false) node.removeAttribute(key);
  else node.setAttribute(key, value === true ? '' : value);
}

export function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** Other children than before. */
export function fill(node, ...children) {
  node.textContent = '';
  append(node, children);
}

/** A drawing of 24 by 24, of paths that are stroked; only to be looked at. */
export function drawing(paths, name) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [key, value] of [
    ['viewBox', '0 0 24 24'],
    ['aria-hidden', 'true'],
    ['class', `icon icon-${name}`],
  ]) {
    svg.setAttribute(key, value);
  }
  for (const path of paths) {
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('d', path);
    svg.append(line);
  }
  return svg;
}

/** Who has the focus, also inside of a shadow root. */
export function focused(node) {
  return node.getRootNode().activeElement || null;
}

/**
 * Make `parent` show these nodes in this order. Those that stay are not touched unless they move, and who has
 * the focus keeps it.
 */
export function keyed(parent, nodes) {
  const had = focused(parent);
  const wanted = new Set(nodes);
  for (const child of Array.from(parent.childNodes)) if (!wanted.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  if (had && had !== focused(parent) && parent.contains(had)) had.focus({ preventScroll: true });
}

/** Arrow keys, Home and End move among the controls inside. Right is forward, or left where one writes to the left. */
export function arrows(node, selector, vertical) {
  node.addEventListener('keydown', (event) => {
    const all = Array.from(node.querySelectorAll(selector)).filter((one) => one.offsetParent !== null);
    const at = all.indexOf(focused(node));
    const to = arrowTarget(event, at, all.length, vertical, getComputedStyle(node).direction === 'rtl');
    if (at < 0 || to === null) return;
    event.preventDefault();
    all[to].focus();
  });
}

function arrowTarget(event, at, count, vertical, rtl) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const forward = vertical ? ['ArrowDown'] : ['ArrowDown', rtl ? 'ArrowLeft' : 'ArrowRight'];
  const back = vertical ? ['ArrowUp'] : ['ArrowUp', rtl ? 'ArrowRight' : 'ArrowLeft'];
  if (forward.includes(event.key)) return Math.min(at + 1, count - 1);
  if (back.includes(event.key)) return Math.max(at - 1, 0);
  if (event.key === 'Home') return 0;
  if (event.key === 'End') return count - 1;
  return null;
}
