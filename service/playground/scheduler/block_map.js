// The blocks of the KV cache in their order, as small squares. A square of several blocks is divided by what they hold.
import { h } from '../core/dom.js';
import { say, t } from '../core/language.js';
import { colours, prepared } from './colours.js';
import { Legend } from './legend.js';

const SIZE = 11; // pixels of a square with its gap
const LEGEND = [
  ['third', 'blocks.shared'], ['first', 'blocks.held'], ['second', 'blocks.published'], ['rest', 'blocks.empty'],
];

class BlockMap extends HTMLElement {
  #canvas = h('canvas', { role: 'img' });
  #legend = new Legend(LEGEND);

  connectedCallback() {
    this.classList.add('panel', 'tight');
    this.append(h('h2', { t: 'blocks' }), this.#legend.element, this.#canvas);
  }

  // `blocks` as a frame has them: {total, per_cell, cells: [[shared, held, cached]]}.
  show({ total, per_cell: perCell, cells }) {
    const { context, width } = prepared(this.#canvas, Math.ceil(cells.length / columns(this.#canvas)) * SIZE);
    const palette = colours();
    const perRow = Math.max(1, Math.floor(width / SIZE));
    const sums = [0, 0, 0];
    cells.forEach((cell, index) => {
      const blocks = Math.min(perCell, total - index * perCell);
      cell.forEach((count, kind) => (sums[kind] += count));
      paint(context, (index % perRow) * SIZE, Math.floor(index / perRow) * SIZE, cell, blocks, palette);
    });
    const [shared, held, published] = sums;
    const numbers = {
      'blocks.shared': shared,
      'blocks.held': held,
      'blocks.published': published,
      'blocks.empty': total - shared - held - published,
    };
    this.#legend.show(numbers);
    say(this.#canvas, () => t('blocks.label', { shared, held, published, total }), {}, 'aria-label');
  }
}

const columns = (canvas) => Math.max(1, Math.floor((canvas.clientWidth || 600) / SIZE));

function paint(context, x, y, [shared, held, published], blocks, palette) {
  const size = SIZE - 1;
  context.fillStyle = palette.rest;
  context.fillRect(x, y, size, size);
  let top = y;
  for (const [count, colour] of [[shared, palette.third], [held, palette.first], [published, palette.second]]) {
    const height = (size * count) / blocks;
    context.fillStyle = colour;
    context.fillRect(x, top, size, height);
    top += height;
  }
}

customElements.define('block-map', BlockMap);

export const blockMap = () => document.createElement('block-map');
