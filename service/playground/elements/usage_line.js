// What a request took: tokens, the time to the first one, tokens a second, and why it ended.
import { h } from '../core/dom.js';
import { formatNumber, t } from '../core/language.js';

class UsageLine extends HTMLElement {
  // `usage` as the service counts it, `pace` as the page sees it, `finish` as the service names it, `seconds` of all.
  // Each may be missing.
  show({ usage = null, pace = null, finish = null, seconds = null }) {
    const parts = [];
    if (usage) {
      const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
      parts.push(() => t('usage.prompt', { count: formatNumber(usage.prompt_tokens), cached: formatNumber(cached) }));
    }
    const generated = usage?.completion_tokens ?? pace?.tokens;
    if (generated !== undefined) parts.push(() => t('usage.generated', { count: formatNumber(generated) }));
    const first = pace?.firstSeconds ?? null;
    if (first !== null) parts.push(() => t('usage.first', { seconds: formatNumber(first, 2) }));
    const speed = pace?.perSecond ?? null;
    if (speed !== null) parts.push(() => t('usage.speed', { speed: formatNumber(speed, 1) }));
    if (seconds !== null) parts.push(() => t('usage.seconds', { seconds: formatNumber(seconds, 2) }));
    if (finish) parts.push(() => t(`finish.${finish}`));
    this.replaceChildren(...parts.map((part) => h('span', { t: part })));
  }

  clear() {
    this.replaceChildren();
  }
}

customElements.define('usage-line', UsageLine);

export const usageLine = () => document.createElement('usage-line');
