// The language of the page, and every text that was set in it. A change of the language sets them all again.
import { en } from '../text/en.js';
import { zh } from '../text/zh.js';
import { keep, kept } from './kept.js';

const TABLES = { en, zh };
const said = new WeakMap(); // element -> attribute, or '' for the text -> [key, values]

export const LANGUAGES = Object.keys(TABLES);

function firstLanguage() {
  const wished = [new URLSearchParams(location.search).get('lang'), kept('language'), ...navigator.languages];
  return wished.map((each) => each?.slice(0, 2).toLowerCase()).find((each) => each in TABLES) ?? 'en';
}

let current = firstLanguage();

export const language = () => current;

// The text of a key, with {name} replaced by values. A function gives its own text.
export function t(key, values = {}) {
  if (typeof key === 'function') return key();
  const text = TABLES[current][key] ?? TABLES.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// Sets the text of an element, or of one of its attributes, in every language from now on.
export function say(element, key, values = {}, attribute = '') {
  if (!said.has(element)) said.set(element, new Map());
  said.get(element).set(attribute, [key, values]);
  element.toggleAttribute('data-said', true);
  write(element, attribute, t(key, values));
  return element;
}

function write(element, attribute, text) {
  if (attribute) element.setAttribute(attribute, text);
  else element.textContent = text;
}

export function setLanguage(next) {
  current = next;
  keep('language', next);
  document.documentElement.lang = next === 'zh' ? 'zh-Hans' : next;
  for (const element of document.querySelectorAll('[data-said]')) {
    for (const [attribute, [key, values]] of said.get(element) ?? []) write(element, attribute, t(key, values));
  }
  document.dispatchEvent(new Event('languagechange'));
}

export const formatNumber = (number, digits = 0) =>
  number.toLocaleString(current, { minimumFractionDigits: digits, maximumFractionDigits: digits });

const percent = (share, digits) => share.toLocaleString(current, { style: 'percent', maximumFractionDigits: digits });

// A share from 0 to 1 in percent. Very small ones are not nothing.
export const formatShare = (share) =>
  share > 0 && share < 0.0005 ? `< ${percent(0.001, 1)}` : percent(share, share < 0.1 ? 1 : 0);

// The name of a language by its code, in the language of the page.
export function languageName(code) {
  try {
    return new Intl.DisplayNames([current], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
