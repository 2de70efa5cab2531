// A text as its tokens. Pointing at one, or moving to it with the arrow keys, shows its probability and what else could
// have been there. One token at a time is in the order of the Tab key.
import { visible } from '../core/characters.js';
import { h } from '../core/dom.js';
import { formatShare, say } from '../core/language.js';
import { surpriseOf } from '../core/surprise.js';
import { tokenCard } from './token_card.js';

class TokenText extends HTMLElement {
  #tokens = [];
  #list = h('div', { class: 'tokens' });
  #card = tokenCard();

  constructor() {
    super();
    this.addEventListener('pointerover', (event) => this.#show(event.target.closest('.token')));
    this.addEventListener('focusin', (event) => this.#show(event.target.closest('.token')));
    this.addEventListener('keydown', (event) => this.#move(event));
    this.addEventListener('click', (event) => this.#choose(event.target.closest('.token')));
  }

  connectedCallback() {
    this.append(this.#list, this.#card);
  }

  get list() {
    return this.#list;
  }

  // Adds {text, isPart, logprob, top}. Without a log probability (null) a token is not surprising.
  add(tokens) {
    const isAtEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 8;
    for (const token of tokens) this.#list.append(this.#element(token));
    if (tokens.length && !this.#list.role) {
      this.#list.role = 'listbox'; // which may not be empty, so it is none before
      say(this.#list, 'tokens.label', {}, 'aria-label');
    }
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  clear() {
    this.#tokens = [];
    const list = h('div', { class: 'tokens' });
    this.#list.replaceWith(list);
    this.#list = list;
    this.#card.clear();
  }

  #element(token) {
    const index = this.#tokens.push(token) - 1;
    const element = h('span', { class: 'token', role: 'option', tabIndex: index === 0 ? 0 : -1 }, token.text);
    element.dataset.index = String(index);
    element.setAttribute('aria-selected', 'false');
    if (token.logprob !== null) element.dataset.surprise = String(surpriseOf(token.logprob));
    if (/^\n+$/.test(token.text)) element.dataset.breaks = '';
    if (token.isPart) element.dataset.part = '';
    const name = token.isPart ? '▫' : visible(token.text).trim() || '␣';
    const label = () => (token.logprob === null ? name : `${name}, ${formatShare(Math.exp(token.logprob))}`);
    return say(element, label, {}, 'aria-label');
  }

  #show(element) {
    if (!element) return;
    for (const other of this.#list.querySelectorAll('.current')) other.classList.remove('current');
    element.classList.add('current');
    const index = Number(element.dataset.index);
    this.#card.show(this.#tokens[index], index, this.#tokens.length);
  }

  #move(event) {
    const from = event.target.closest('.token');
    if (!from) return;
    const to = {
      ArrowRight: from.nextElementSibling, ArrowDown: from.nextElementSibling, ArrowLeft: from.previousElementSibling,
      ArrowUp: from.previousElementSibling, Home: this.#list.firstElementChild, End: this.#list.lastElementChild,
    }[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.#choose(from);
    else if (!to) return;
    event.preventDefault();
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  #choose(element) {
    if (element) this.dispatchEvent(new CustomEvent('choose', { detail: Number(element.dataset.index) }));
  }
}

customElements.define('token-text', TokenText);

export const tokenText = () => document.createElement('token-text');
