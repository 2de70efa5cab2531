// Colours of the style sheet, for what is painted on a canvas.
const NAMES = { first: '--series-1', second: '--series-2', third: '--series-3', rest: '--series-4', ink: '--ink' };

export function colours() {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const found = Object.entries(NAMES).map(([name, variable]) => {
    probe.style.color = `var(${variable})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found);
}

// The canvas's context, with a size in pixels of the page, sharp on every screen.
export function prepared(canvas, height) {
  const width = canvas.clientWidth || 600;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  return { context, width };
}

