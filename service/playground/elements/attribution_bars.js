// How much each token before a chosen one raises or lowers its log probability: in the text, and as bars with numbers.
import { visible } from '../core/characters.js';
import { h } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';

class AttributionBars extends HTMLElement {
  connectedCallback() {
    this.classList.add('tight');
    if (!this.childElementCount) this.clear();
  }

  clear() {
    this.replaceChildren(h('p', { class: 'quiet', t: 'explain.hint' }));
  }

  // `attribution` as the service answers it, `names` of all tokens, and their elements in the text.
  show({ token, logprob, inputs }, names, elements) {
    const most = Math.max(1e-6, ...inputs.map(({ score }) => Math.abs(score)));
    for (const element of elements) delete element.dataset.effect;
    elements[token].dataset.effect = 'chosen';
    for (const { index, score } of inputs) {
      elements[index].dataset.effect = effectOf(score);
      elements[index].style.setProperty('--strength', `${(70 * Math.abs(score)) / most}%`);
    }
    const of = () => ({ token: visible(names[token]), logprob: formatNumber(logprob, 2) });
    const title = say(h('h3'), () => t('explain.why', of()));
    const rows = [...inputs].sort((a, b) => Math.abs(b.score) - Math.abs(a.score)).map(({ index, score }) => {
      const bar = h('span', { class: 'bar' });
      bar.style.width = `${(100 * Math.abs(score)) / most}%`;
      const row = h('li', { class: 'alternative' }, h('code', {}, visible(names[index])), bar,
        h('span', { class: 'number', t: () => signed(score) }));
      row.dataset.effect = effectOf(score);
      return row;
    });
    this.replaceChildren(title, h('ol', { class: 'tight' }, ...rows));
  }
}

const effectOf = (score) => (score < 0 ? 'lowers' : 'raises');
const signed = (score) => `${score < 0 ? '−' : '+'}${formatNumber(Math.abs(score), 2)}`;

customElements.define('attribution-bars', AttributionBars);

export const attributionBars = () => document.createElement('attribution-bars');
