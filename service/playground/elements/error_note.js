// What went wrong, in the words of the service.
import { ApiError } from '../core/api.js';
import { h } from '../core/dom.js';

class ErrorNote extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'alert');
  }

  show(error) {
    if (error instanceof ApiError) {
      const where = [error.status >= 400 ? error.status : '', error.code ?? ''].filter(Boolean).join(' ');
      this.replaceChildren(
        h('span', { lang: 'en' }, error.message),
        h('span', { class: 'quiet' }, ` ${where}${error.requestId ? ` · ${error.requestId}` : ''}`),
      );
    } else if (error instanceof TypeError) {
      console.warn(error);
      this.replaceChildren(h('span', { t: 'error.connection' }));
    } else {
      this.replaceChildren(h('span', {}, String(error.message ?? error)));
    }
  }

  clear() {
    this.replaceChildren();
  }
}

customElements.define('error-note', ErrorNote);

export const errorNote = () => document.createElement('error-note');
