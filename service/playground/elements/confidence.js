// A share from 0 to 1 as a bar and a number.
import { h } from '../core/dom.js';
import { formatShare } from '../core/language.js';

// `key` says of what; below `low` the bar says so by its colour, and the number is there for all.
export function confidence(key, share, low = 0.5) {
  if (share === null || share === undefined) return h('span', { class: 'quiet', t: 'confidence.none' });
  const meter = h('meter', { min: 0, max: 1, low, high: low, optimum: 1, value: share, tLabel: key });
  return h('span', { class: 'confidence' }, h('span', { class: 'quiet', t: key }), meter,
    h('span', { t: () => formatShare(share) }));
}
