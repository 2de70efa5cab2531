// The last steps: their tokens as stacked bars, their time as a line. Heights are square roots, so that the few tokens
// of streams are seen beside the many of a prompt.
import { h } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';
import { colours, prepared } from './colours.js';
import { Legend } from './legend.js';

const HEIGHT = 140;
const WIDTH = 6; // pixels of a step
const LEGEND = [
  ['first', 'steps.prefill'], ['third', 'steps.decode'], ['second', 'steps.guessed'], ['ink', 'steps.time'],
];

class StepChart extends HTMLElement {
  #canvas = h('canvas', { role: 'img' });
  #legend = new Legend(LEGEND);

  connectedCallback() {
    this.classList.add('panel', 'tight');
    this.append(h('h2', { t: 'steps' }), this.#legend.element, this.#canvas);
  }

  show(history) {
    const { context, width } = prepared(this.#canvas, HEIGHT);
    const steps = history.steps.slice(-Math.max(1, Math.floor(width / WIDTH)));
    const palette = colours();
    const most = Math.max(1, ...steps.map((step) => step.prefill + step.decode + step.guessed));
    const longest = Math.max(1e-6, ...steps.map((step) => step.seconds));
    steps.forEach((step, index) => {
      const tokens = step.prefill + step.decode + step.guessed;
      const share = tokens ? Math.sqrt(tokens / most) / tokens : 0; // of the height, for each token
      let bottom = HEIGHT;
      const kinds = [[step.prefill, palette.first], [step.decode, palette.third], [step.guessed, palette.second]];
      for (const [count, colour] of kinds) {
        const height = (HEIGHT - 10) * share * count;
        context.fillStyle = colour;
        context.fillRect(index * WIDTH, bottom - height, WIDTH - 1, height);
        bottom -= height;
      }
    });
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    steps.forEach(({ seconds }, index) =>
      context.lineTo((index + 0.5) * WIDTH, HEIGHT - (HEIGHT - 10) * Math.sqrt(seconds / longest)));
    context.stroke();
    say(this.#canvas, () => t('steps.label', {
      count: formatNumber(steps.length), most: formatNumber(most), longest: formatNumber(longest * 1000, 1),
    }), {}, 'aria-label');
  }
}

customElements.define('step-chart', StepChart);

export const stepChart = () => document.createElement('step-chart');
