// Light or dark: as the system is, unless the person chooses.
import { keep, kept } from './kept.js';

export const THEMES = ['system', 'light', 'dark'];

export function theme() {
  const wished = kept('theme');
  return THEMES.includes(wished) ? wished : 'system';
}

export function setTheme(next) {
  keep('theme', next);
  show(next);
}

function show(next) {
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  document.dispatchEvent(new Event('themechange'));
}

show(theme());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show(theme()));
