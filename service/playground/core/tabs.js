// Tabs as the ARIA authoring guide describes them. The address names the tab, so that it can be kept and sent.
import { h } from './dom.js';

// `views` are {name, mount}: mount(panel) is called when a tab is first shown, and may return {shown, hidden}, which
// are called from then on.
export function tabs(views) {
  const mounted = new Map();
  const list = h('div', { class: 'tabs', role: 'tablist', tLabel: 'tabs' });
  const panels = h('main', {});
  for (const { name } of views) {
    list.append(h('button', {
      type: 'button', id: `tab-${name}`, role: 'tab', 'aria-controls': `view-${name}`, t: `tab.${name}`,
      on: { click: () => show(name) },
    }));
    panels.append(h('section', { id: `view-${name}`, role: 'tabpanel', 'aria-labelledby': `tab-${name}`, hidden: true },
      h('h2', { class: 'unseen', t: `tab.${name}` })));
  }
  list.addEventListener('keydown', (event) => {
    const index = views.findIndex(({ name }) => `tab-${name}` === event.target.id);
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined || index < 0) return;
    event.preventDefault();
    const { name } = views.at(next % views.length);
    show(name);
    list.querySelector(`#tab-${name}`).focus();
  });

  let current = null;

  function show(name) {
    if (name === current) return;
    if (current) mounted.get(current)?.hidden?.();
    current = name;
    for (const { name: each, mount } of views) {
      const panel = panels.querySelector(`#view-${each}`);
      const isShown = each === name;
      panel.hidden = !isShown;
      const tab = list.querySelector(`#tab-${each}`);
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      if (isShown && !mounted.has(each)) mounted.set(each, mount(panel) ?? {});
    }
    history.replaceState(null, '', `#${name}`);
    mounted.get(name).shown?.();
  }

  const wished = () => views.find(({ name }) => `#${name}` === location.hash)?.name ?? views[0].name;
  addEventListener('hashchange', () => show(wished()));
  return { list, panels, start: () => show(wished()) };
}
