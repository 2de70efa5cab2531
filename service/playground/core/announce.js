// What a screen reader says by itself: that something began or ended, never each token.
import { h } from './dom.js';
import { t } from './language.js';

const region = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
document.body.append(region);

export function announce(key, values = {}) {
  region.textContent = t(key, values);
}
