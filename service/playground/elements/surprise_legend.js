// What the colours and the lines under tokens mean.
import { h } from '../core/dom.js';
import { SURPRISES } from '../core/surprise.js';

export function surpriseLegend() {
  const samples = SURPRISES.map(({ key }, level) => {
    const sample = h('span', { class: 'token', t: key });
    sample.dataset.surprise = String(level);
    return h('li', {}, sample);
  });
  return h('div', { class: 'row' }, h('h3', { t: 'surprise' }), h('ul', { class: 'legend' }, ...samples));
}
