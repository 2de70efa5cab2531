// Arithmetic: numbers, + - * / ^ and brackets. A text of a model is data, so it is read here and never run.
const TOKEN = /\s*(\d+(?:\.\d+)?|[-+*/^()])/y;

// The value of an expression. Throws Error if it is none.
export function calculate(expression) {
  const tokens = read(expression);
  let place = 0;
  const next = (...wanted) => (wanted.includes(tokens[place]) ? tokens[(place += 1) - 1] : undefined);

  function sum() {
    let value = product();
    for (let sign; (sign = next('+', '-'));) value = sign === '+' ? value + product() : value - product();
    return value;
  }

  function product() {
    let value = signed();
    for (let sign; (sign = next('*', '/'));) value = sign === '*' ? value * signed() : value / signed();
    return value;
  }

  const signed = () => (next('-') ? -signed() : power());

  function power() {
    const base = atom();
    return next('^') ? base ** signed() : base;
  }

  function atom() {
    if (next('(')) {
      const value = sum();
      if (!next(')')) throw new Error('a bracket is open');
      return value;
    }
    const value = Number(tokens[place]);
    if (tokens[place] === undefined || Number.isNaN(value)) throw new Error('a number is missing');
    place += 1;
    return value;
  }

  const value = sum();
  if (place < tokens.length) throw new Error(`${tokens[place]} is not expected`);
  return value;
}

function read(expression) {
  const text = expression.slice(0, 1000).replaceAll('×', '*').replaceAll('÷', '/').replaceAll('**', '^').trim();
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (!found) throw new Error('only numbers, + - * / ^ and brackets are understood');
    tokens.push(found[1]);
  }
  return tokens;
}
