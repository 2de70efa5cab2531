// Fields of how tokens are chosen. A field that is empty is not sent, so the service's default holds.
import { h, labelled } from '../core/dom.js';

const number = (name, key, min, max, step, placeholder) => ({ name, key, min, max, step, placeholder });
const FIELDS = [
  number('max_tokens', 'sampling.max_tokens', 1, 1048576, 1, ''),
  number('temperature', 'sampling.temperature', 0, 2, 0.1, ''),
  number('top_p', 'sampling.top_p', 0.01, 1, 0.01, '1'),
  number('top_k', 'sampling.top_k', 0, 1000000, 1, '0'),
  number('min_p', 'sampling.min_p', 0, 1, 0.01, '0'),
  number('min_tokens', 'sampling.min_tokens', 0, 1048576, 1, '0'),
  number('seed', 'sampling.seed', 0, Number.MAX_SAFE_INTEGER, 1, ''),
  number('repetition_penalty', 'sampling.repetition_penalty', 0.01, 100, 0.05, '1'),
  number('presence_penalty', 'sampling.presence_penalty', -2, 2, 0.1, '0'),
  number('frequency_penalty', 'sampling.frequency_penalty', -2, 2, 0.1, '0'),
];
const FIRST = ['max_tokens', 'temperature'];

class SamplingFields extends HTMLElement {
  #inputs = new Map();
  #stop = h('textarea', { rows: 2, class: 'code', name: 'stop' });
  given = {};

  connectedCallback() {
    const field = ({ name, key, min, max, step, placeholder }) => {
      const value = this.given[name] === undefined ? '' : String(this.given[name]);
      const input = h('input', {
        type: 'number', name, min: String(min), max: String(max), step: String(step), placeholder, value,
      });
      this.#inputs.set(name, input);
      return labelled(key, input);
    };
    const first = FIELDS.filter(({ name }) => FIRST.includes(name));
    const others = FIELDS.filter(({ name }) => !FIRST.includes(name));
    this.append(
      h('div', { class: 'pair' }, ...first.map(field)),
      h('details', {}, h('summary', { t: 'sampling.more' }),
        h('div', { class: 'stack' }, h('div', { class: 'pair' }, ...others.map(field)),
          labelled('sampling.stop', this.#stop))),
    );
    this.classList.add('stack');
  }

  // The fields of a request: numbers by name, and `stop` as a list of texts, one for each line.
  get values() {
    const given = [...this.#inputs].filter(([, input]) => input.value !== '');
    const stop = this.#stop.value.split('\n').filter(Boolean).map((line) => line.replaceAll('\\n', '\n'));
    const numbers = given.map(([name, input]) => [name, Number(input.value)]);
    return { ...Object.fromEntries(numbers), ...(stop.length && { stop }) };
  }
}

customElements.define('sampling-fields', SamplingFields);

// `given` are the values at the start.
export const samplingFields = (given = {}) => Object.assign(document.createElement('sampling-fields'), { given });
