// Translation of a text, side by side, and of a file.
import { fetchJson } from '../core/api.js';
import { choice, h, labelled } from '../core/dom.js';
import { documentPanel } from '../elements/document_panel.js';
import { errorNote } from '../elements/error_note.js';
import { languageFields } from '../elements/language_fields.js';
import { modelPicker } from '../elements/model_picker.js';
import { runButton } from '../elements/run_button.js';
import { segmentTable } from '../elements/segment_table.js';
import { translationFields } from '../elements/translation_fields.js';
import { usageLine } from '../elements/usage_line.js';

const FORMATS = ['text', 'markdown', 'html', 'xml'].map((each) => [each, `translate.format.${each}`]);
const EXAMPLE = '<p>Hello, <b>{name}</b>! The train leaves at nine.</p>\n'
  + '<p>Read <a href="/guide">the guide</a> before you call us.</p>';

export function mount(panel) {
  const model = modelPicker('translate');
  const languages = languageFields();
  const format = choice(FORMATS, { name: 'format' });
  format.value = 'html';
  const text = h('textarea', { rows: 7, name: 'text' });
  text.value = EXAMPLE;
  const fields = translationFields();
  const note = errorNote();
  const usage = usageLine();
  const output = h('div', { class: 'stack' }, h('p', { class: 'empty', t: 'translate.empty' }));
  const form = h('div', { class: 'stack' });
  // As one answer: only then the service tries doubtful sentences again.
  const button = runButton({ label: 'translate.run', note, form, task: async (signal) => {
    output.replaceChildren();
    usage.clear();
    const given = { glossary: fields.glossary, kept: fields.keptTerms };
    const source = text.value;
    const json = { model: model.value, text: source, format: format.value, ...languages.values, ...fields.values };
    const answer = await fetchJson('v1/translate', { json, signal });
    const [translation] = answer.translations;
    usage.show({ usage: answer.usage, seconds: answer.timings.total_seconds });
    output.replaceChildren(segmentTable(source, translation, given), whole(translation), ...terms(translation));
  } });
  form.append(model, languages, labelled('translate.format', format), labelled('translate.text', text), fields,
    h('div', { class: 'row' }, button, h('span', { class: 'quiet', t: 'run.keys' })), note,
    documentPanel({ fields: () => ({ model: model.value, ...languages.values, ...fields.values }) }));
  panel.append(h('div', { class: 'split' }, form, h('div', { class: 'stack' }, usage, output)));
}

const whole = (translation) => h('section', { class: 'panel tight' }, h('h2', { t: 'translate.whole' }),
  h('pre', { lang: translation.target_lang }, translation.text));

function terms({ glossary: { applied, missed } }) {
  const chips = (names, kind) => names.map((name) => h('li', { class: kind }, name));
  if (!applied.length && !missed.length) return [];
  return [h('section', { class: 'tight' }, h('h3', { t: 'translate.terms' }),
    h('ul', { class: 'row' }, ...chips(applied, 'chip'), ...chips(missed, 'chip bad')))];
}
