// One token: its probability, and the likeliest tokens at its place as bars.
import { visible } from '../core/characters.js';
import { h } from '../core/dom.js';
import { formatNumber, formatShare } from '../core/language.js';
import { say } from '../core/language.js';

class TokenCard extends HTMLElement {
  connectedCallback() {
    this.classList.add('token-card');
    if (!this.childElementCount) this.clear();
  }

  clear() {
    this.replaceChildren(h('p', { class: 'quiet', t: 'tokens.hint' }));
  }

  show(token, index, count) {
    const place = say(h('span'), 'tokens.place', { number: index + 1, count });
    const surprise = token.logprob === null ? h('span', { t: 'tokens.first' }) : say(h('span'), () =>
      `${formatShare(Math.exp(token.logprob))} · log p ${formatNumber(token.logprob, 2)}`);
    const heading = h('p', { class: 'row' }, h('code', {}, token.isPart ? '▫' : visible(token.text)), surprise,
      h('span', { class: 'quiet' }, place));
    const rows = [...token.top].sort((a, b) => b.logprob - a.logprob);
    const isChosen = (each) => each.text === token.text && each.logprob === token.logprob;
    if (token.logprob !== null && !rows.some(isChosen)) rows.push({ text: token.text, logprob: token.logprob });
    this.replaceChildren(heading, h('ol', {}, ...rows.map((each) => row(each, isChosen(each)))));
  }
}

function row({ text, logprob }, isChosen) {
  const bar = h('span', { class: 'bar' });
  bar.style.width = `${100 * Math.exp(logprob)}%`;
  const item = h('li', { class: 'alternative' }, h('code', {}, visible(text)), bar,
    h('span', { class: 'number', t: () => formatShare(Math.exp(logprob)) }));
  if (isChosen) item.setAttribute('aria-current', 'true');
  return item;
}

customElements.define('token-card', TokenCard);

export const tokenCard = () => document.createElement('token-card');
