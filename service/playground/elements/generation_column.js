// The output of one model for the input that all columns share.
import { h } from '../core/dom.js';
import { generate } from '../core/generation.js';
import { Pace } from '../core/pace.js';
import { errorNote } from './error_note.js';
import { tokenText } from './token_text.js';
import { usageLine } from './usage_line.js';

class GenerationColumn extends HTMLElement {
  #text = tokenText();
  #usage = usageLine();
  #note = errorNote();
  model = '';

  connectedCallback() {
    this.classList.add('panel', 'tight');
    this.append(h('h2', {}, this.model), this.#usage, this.#note, this.#text);
  }

  // Generates until the end, or until the signal is aborted. An error is shown here, so that other columns go on.
  async run(request, signal) {
    const pace = new Pace();
    let finish = null;
    let usage = null;
    try {
      for await (const part of generate({ ...request, model: this.model }, signal)) {
        signal.throwIfAborted(); // what has arrived already is not drawn either
        this.#text.add(part.tokens);
        pace.add(part.tokens.length);
        finish = part.finish ?? finish;
        usage = part.usage ?? usage;
        this.#usage.show({ pace, usage, finish });
      }
    } catch (error) {
      if (signal.aborted) this.#usage.show({ pace, usage, finish: 'stopped' });
      else this.#note.show(error);
    }
  }
}

customElements.define('generation-column', GenerationColumn);

export const generationColumn = (model) => Object.assign(document.createElement('generation-column'), { model });
