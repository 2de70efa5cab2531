// Generation: one input, one or several models, and every token with its probability.
import { choice, h, labelled } from '../core/dom.js';
import { t } from '../core/language.js';
import { errorNote } from '../elements/error_note.js';
import { generationColumn } from '../elements/generation_column.js';
import { modelPicker } from '../elements/model_picker.js';
import { runButton } from '../elements/run_button.js';
import { samplingFields } from '../elements/sampling_fields.js';
import { surpriseLegend } from '../elements/surprise_legend.js';

export function mount(panel) {
  const models = modelPicker('generate', { several: true });
  const kind = choice([['chat', 'generate.chat'], ['prompt', 'generate.prompt']], { name: 'kind' });
  const input = h('textarea', { rows: 6, name: 'input' });
  input.value = 'Why is the sky blue? Answer in two sentences.';
  const sampling = samplingFields({ max_tokens: 128, temperature: 0.7 });
  const note = errorNote();
  const outputs = h('div', { class: 'columns coloured' }, h('p', { class: 'empty', t: 'generate.empty' }));
  const isColoured = h('input', { type: 'checkbox', checked: true });
  isColoured.addEventListener('change', () => outputs.classList.toggle('coloured', isColoured.checked));
  const form = h('div', { class: 'stack' });
  const button = runButton({ label: 'generate.run', note, form, task: async (signal) => {
    const columns = models.values.map(generationColumn);
    if (!columns.length) throw new Error(t('model.choose'));
    outputs.replaceChildren(...columns);
    const request = { input: input.value, isChat: kind.value === 'chat', sampling: sampling.values };
    await Promise.all(columns.map((column) => column.run(request, signal)));
  } });
  form.append(models, labelled('generate.kind', kind), labelled('generate.input', input), sampling,
    h('div', { class: 'row' }, button, h('span', { class: 'quiet', t: 'run.keys' })), note);
  panel.append(h('div', { class: 'split' }, form, h('div', { class: 'stack' },
    h('div', { class: 'row' }, surpriseLegend(),
      h('label', { class: 'check' }, isColoured, h('span', { t: 'surprise.colour' }))),
    outputs)));
}
