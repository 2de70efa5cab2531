// The key of the person at the page. It is in the session storage of this tab only, and goes when the tab is closed.
const NAME = 'trivium.key';

export const key = () => sessionStorage.getItem(NAME) ?? '';

export function setKey(secret) {
  if (secret) sessionStorage.setItem(NAME, secret);
  else sessionStorage.removeItem(NAME);
  document.dispatchEvent(new Event('keychange'));
}

let ask = async () => false;
let asking = null;

// Names the function that asks the person for a key, told why the last one was refused. It says whether there is one.
export function askWith(question) {
  ask = question;
}

// Asks for a key, once for all requests that were refused meanwhile.
export function askForKey(reason) {
  asking ??= ask(reason).finally(() => {
    asking = null;
  });
  return asking;
}
