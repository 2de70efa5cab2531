// A file that is translated in the background: sent, followed, fetched.
import { fetchJson, send, stream } from '../core/api.js';
import { announce } from '../core/announce.js';
import { h, labelled, newId } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';
import { errorNote } from './error_note.js';
import { runButton } from './run_button.js';

const ROUTE = 'v1/translate/document';

class DocumentPanel extends HTMLElement {
  #file = h('input', { type: 'file', name: 'file', required: true });
  #progress = h('progress', { tLabel: 'document.progress', hidden: true });
  #state = h('p', { class: 'quiet' });
  #result = h('p', {});
  #note = errorNote();
  fields = () => ({});

  connectedCallback() {
    const id = newId('document');
    this.setAttribute('role', 'group');
    this.setAttribute('aria-labelledby', id);
    this.classList.add('panel', 'tight');
    const button = runButton({ label: 'document.run', note: this.#note, task: (signal) => this.#translate(signal) });
    this.append(h('h2', { id, t: 'document' }), labelled('document.file', this.#file),
      h('div', { class: 'row' }, button), this.#progress, this.#state, this.#result, this.#note);
  }

  async #translate(signal) {
    const [file] = this.#file.files;
    this.#result.replaceChildren();
    if (!file) throw new Error(t('document.missing'));
    const document = await fetchJson(ROUTE, { form: this.#form(file), signal });
    const route = `${ROUTE}/${encodeURIComponent(document.id)}`;
    try {
      for await (const now of stream(`${route}/events`, { signal })) {
        this.#show(now);
        if (now.status === 'failed') throw new Error(now.problem?.message ?? now.status);
        if (now.status === 'done') await this.#fetch(route, now, signal);
      }
    } catch (error) {
      if (signal.aborted) await send(route, { method: 'DELETE' }); // the work stops
      throw error;
    }
  }

  #form(file) {
    const form = new FormData();
    form.append('file', file);
    for (const [name, value] of Object.entries(this.fields())) {
      if (name === 'glossary') form.append(name, JSON.stringify(value));
      else for (const each of [value].flat()) if (each) form.append(name, each);
    }
    return form;
  }

  #show({ status, segments, flags }) {
    this.#progress.hidden = false;
    this.#progress.max = segments.total || 1;
    this.#progress.value = segments.done;
    const doubts = Object.values(flags).reduce((sum, count) => sum + count, 0);
    say(this.#state, () => t(`document.${status}`, {
      done: formatNumber(segments.done), total: formatNumber(segments.total), doubts: formatNumber(doubts),
    }));
  }

  async #fetch(route, { filename, target_lang: target }, signal) {
    const content = await (await send(`${route}/result`, { signal })).blob();
    const name = filename.replace(/(\.[^.]*)?$/, `.${target}$1`);
    const link = h('a', { download: name, href: URL.createObjectURL(content) });
    this.#result.replaceChildren(say(link, 'document.save', { name }));
    announce('document.ready');
  }
}

customElements.define('document-panel', DocumentPanel);

// `fields` gives the other fields of the request.
export const documentPanel = ({ fields }) => Object.assign(document.createElement('document-panel'), { fields });
