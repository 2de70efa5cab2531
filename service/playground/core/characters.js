// The service counts characters (code points), JavaScript counts units of UTF-16.

// A function that slices a text by characters.
export function slicer(text) {
  const characters = Array.from(text);
  return characters.length === text.length
    ? (start, end) => text.slice(start, end)
    : (start, end) => characters.slice(start, end).join('');
}

// White space as it can be seen.
export const visible = (text) => text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '␣');
