// Elements are made here. A text becomes a text node, never markup.
import { say } from './language.js';

// h('p', {class: 'quiet', t: 'generate.hint'}, child): attributes, `on` for listeners, `t` for the key of its text, and
// `tLabel`, `tTitle` and `tPlaceholder` for the keys of attributes. Other values that are no text are properties.
const SAID_ATTRIBUTES = { tLabel: 'aria-label', tTitle: 'title', tPlaceholder: 'placeholder' };

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on') {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (key === 't') {
      say(element, value);
    } else if (key in SAID_ATTRIBUTES) {
      say(element, value, {}, SAID_ATTRIBUTES[key]);
    } else if (typeof value === 'string') {
      element.setAttribute(key, value);
    } else {
      element[key] = value;
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let count = 0;

// An id that no other element has.
export const newId = (name) => `${name}-${(count += 1)}`;

// A field under its label, whose text has this key.
export const labelled = (key, field) => h('label', {}, h('span', { t: key }), field);

// A select with an option for each pair of a value and what it is called: a key, or a function that gives a text.
export function choice(pairs, attributes = {}) {
  return h('select', attributes, ...pairs.map(([value, key]) => h('option', { value, t: key })));
}
