// The state of an engine in numbers. They are also what the pictures say, for those who do not see them.
import { h } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';

const FACTS = ['status', 'running', 'waiting', 'tokens', 'steps', 'step', 'gap', 'preempted', 'exits', 'limits'];

class EngineFacts extends HTMLElement {
  #values = new Map(FACTS.map((name) => [name, h('dd', {}, '–')]));

  connectedCallback() {
    const fact = (name) => h('div', {}, h('dt', { t: `facts.${name}` }), this.#values.get(name));
    this.append(h('dl', { class: 'facts' }, ...FACTS.map(fact)));
  }

  // A frame, and the history of its steps.
  show({ status, running, waiting, exits, engine }, history) {
    const { steps, tokens, step, gap } = history.rates;
    const number = (value, digits = 0) => () => (value === null ? '–' : formatNumber(value, digits));
    const milliseconds = (value) => () => (value === null ? '–' : `${formatNumber(value * 1000, 1)} ms`);
    this.#set('status', () => t(`model.${status}`));
    this.#set('running', number(running));
    this.#set('waiting', number(waiting));
    this.#set('tokens', number(tokens, 1));
    this.#set('steps', number(steps, 1));
    this.#set('step', milliseconds(step));
    this.#set('gap', milliseconds(running ? gap : null));
    this.#set('preempted', number(history.preempted));
    this.#set('exits', number(exits));
    this.#set('limits', () => engine ? t('facts.limits.words', {
      sequences: formatNumber(engine.max_sequences), tokens: formatNumber(engine.max_step_tokens),
      length: formatNumber(engine.max_length), block: formatNumber(engine.block_size),
    }) : '–');
  }

  #set(name, text) {
    say(this.#values.get(name), text);
  }
}

customElements.define('engine-facts', EngineFacts);

export const engineFacts = () => document.createElement('engine-facts');
