// The page: its head, and a tab for each view.
import '../elements/key_dialog.js';
import { mount as answer } from '../views/answer.js';
import { mount as chat } from '../views/chat.js';
import { mount as explain } from '../views/explain.js';
import { mount as generate } from '../views/generate.js';
import { mount as scheduler } from '../views/scheduler.js';
import { mount as translate } from '../views/translate.js';
import { choice, h } from './dom.js';
import { language, LANGUAGES, say, setLanguage } from './language.js';
import { tabs } from './tabs.js';
import { setTheme, theme, THEMES } from './theme.js';

const VIEWS = [
  { name: 'generate', mount: generate },
  { name: 'chat', mount: chat },
  { name: 'translate', mount: translate },
  { name: 'answer', mount: answer },
  { name: 'explain', mount: explain },
  { name: 'scheduler', mount: scheduler },
];
const NAMES = { en: () => 'English', zh: () => '中文' };

const keyDialog = document.createElement('key-dialog');
const languages = choice(LANGUAGES.map((each) => [each, NAMES[each]]), {
  on: { change: () => setLanguage(languages.value) },
});
const themes = choice(THEMES.map((each) => [each, `theme.${each}`]), { on: { change: () => setTheme(themes.value) } });
languages.value = language();
themes.value = theme();

const head = h('div', { class: 'top' },
  h('h1', {}, h('img', { src: 'playground/assets/styles/icon.svg', alt: '' }), h('span', { t: 'title' })),
  h('div', { class: 'tools' },
    h('a', { href: 'docs', t: 'docs' }),
    h('label', {}, h('span', { t: 'language' }), languages),
    h('label', {}, h('span', { t: 'theme' }), themes),
    h('button', { type: 'button', class: 'button', t: 'key', on: { click: () => keyDialog.ask() } })));
const views = tabs(VIEWS);
document.body.prepend(h('header', {}, head, views.list), views.panels, keyDialog);
say(document.querySelector('title'), 'title');
setLanguage(language());
views.start();
