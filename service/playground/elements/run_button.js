// A button that starts a task and, while it runs, stops it. `task(signal)` does the work, `note` shows what failed.
import { announce } from '../core/announce.js';
import { h } from '../core/dom.js';
import { say } from '../core/language.js';

class RunButton extends HTMLElement {
  #controller = null;
  #run = Promise.resolve();
  #button = h('button', { type: 'button', class: 'button main', on: { click: () => this.toggle() } });
  #label = '';
  stopLabel = 'run.stop';
  task = async () => {};
  note = null;

  // The key of what the button says while nothing runs.
  set label(key) {
    this.#label = key;
    this.#show();
  }

  get isRunning() {
    return this.#controller !== null;
  }

  connectedCallback() {
    this.append(this.#button);
  }

  toggle() {
    return this.isRunning ? this.stop() : this.start();
  }

  stop() {
    this.#controller?.abort();
  }

  // Starts the task anew: what runs is stopped first.
  async restart() {
    this.stop();
    await this.#run;
    return this.start();
  }

  start() {
    if (!this.isRunning) this.#run = this.#perform();
    return this.#run;
  }

  async #perform() {
    const controller = new AbortController();
    this.#controller = controller;
    this.note?.clear();
    this.#show();
    announce('run.started');
    try {
      await this.task(controller.signal);
      announce(controller.signal.aborted ? 'run.stopped' : 'run.done');
    } catch (error) {
      if (controller.signal.aborted) announce('run.stopped');
      else this.#fail(error);
    } finally {
      this.#controller = null;
      this.#show();
    }
  }

  #fail(error) {
    this.note?.show(error);
    announce('run.failed');
  }

  #show() {
    this.#button.classList.toggle('running', this.isRunning);
    say(this.#button, this.isRunning ? this.stopLabel : this.#label);
  }
}

customElements.define('run-button', RunButton);

// A button for a form: Ctrl and Enter in one of its fields starts the task too.
export function runButton({ label, task, note, form = null, stopLabel = 'run.stop' }) {
  const button = Object.assign(document.createElement('run-button'), { label, task, note, stopLabel });
  form?.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) button.start();
  });
  return button;
}
