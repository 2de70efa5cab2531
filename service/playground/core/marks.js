// Marks in a text: what is no language, such as tags and placeholders, and given terms.
//
// The service keeps marks while it translates. These patterns only find them again, to show which is which.
const PATTERNS = [
  '<[^<>]+>', '`[^`]+`',
  '\\{\\{[^{}]+\\}\\}', '\\$\\{[^{}]+\\}', '\\{[\\w.]+\\}', '%\\d*\\$?[sdif]', '%\\(\\w+\\)[sdif]',
  'https?://[^\\s<>"]+', '\\$[^$\\n]+\\$',
];
const escaped = (term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// The text in pieces {text, isMark}. `terms` are found whatever their case.
export function pieces(text, terms = []) {
  const pattern = new RegExp([...terms.filter(Boolean).map(escaped), ...PATTERNS].join('|'), 'giu');
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), isMark: false });
    found.push({ text: match[0], isMark: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), isMark: false });
  return found;
}
