// Asks for a key. The service refused a request without one, or the person wants to change it.
import { h, labelled } from '../core/dom.js';
import { askWith, key, setKey } from '../core/key.js';
import { say } from '../core/language.js';

const REASONS = { missing_api_key: 'key.missing', invalid_api_key: 'key.invalid', expired_api_key: 'key.expired' };

class KeyDialog extends HTMLElement {
  #input = h('input', { type: 'password', autocomplete: 'off', spellcheck: false, name: 'key' });
  #reason = h('p', {});
  #form = h('form', { method: 'dialog', class: 'stack' },
    h('h2', { t: 'key.title' }), this.#reason, labelled('key', this.#input), h('p', { class: 'quiet', t: 'key.where' }),
    h('div', { class: 'row' }, h('button', { class: 'button main', value: 'use', t: 'key.use' }),
      h('button', { class: 'button', value: 'forget', t: 'key.forget', formNoValidate: true }),
      h('button', { class: 'button', value: 'cancel', t: 'cancel', formNoValidate: true })));
  #dialog = h('dialog', { tLabel: 'key.title' }, this.#form);

  connectedCallback() {
    this.append(this.#dialog);
    // A form may not be sent anywhere on this page, so its buttons close the dialog themselves.
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dialog.close(event.submitter?.value ?? 'use');
    });
    askWith((code) => this.ask(code));
  }

  // Whether there is a key now that was not there before.
  ask(code = '') {
    say(this.#reason, REASONS[code] ?? 'key.change');
    this.#input.value = key();
    this.#dialog.returnValue = 'cancel';
    this.#dialog.showModal();
    this.#input.select();
    return new Promise((resolve) => {
      this.#dialog.addEventListener('close', () => resolve(this.#use(this.#dialog.returnValue)), { once: true });
    });
  }

  #use(choice) {
    const secret = this.#input.value.trim();
    this.#input.value = '';
    if (choice === 'forget') setKey('');
    if (choice !== 'use' || !secret) return false;
    setKey(secret);
    return true;
  }
}

customElements.define('key-dialog', KeyDialog);
