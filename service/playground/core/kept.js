// Choices that the browser keeps: language and colours. They are no secrets. A browser may refuse to keep anything.
const PREFIX = 'trivium.';

export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // The choice holds until the page is closed.
  }
}
