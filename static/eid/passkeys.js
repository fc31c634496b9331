// Passkeys: asks the browser, and sends its answer with the form. Every text stands in the page; see _passkey.html.

const SAID = { NotAllowedError: 'stopped', InvalidStateError: 'known' };
let asking;

function hindrance(form) {
  if (location.origin !== form.dataset.origin) return 'elsewhere';
  if (!isSecureContext) return 'insecure';
  return window.PublicKeyCredential?.parseRequestOptionsFromJSON ? '' : 'unsupported';
}

function say(form, what, words) {
  for (const text of form.parentElement.querySelectorAll('[data-passkey-says]')) {
    text.hidden = text.dataset.passkeySays !== what;
    if (words && !text.hidden) text.querySelector('span').textContent = words;
  }
}

async function ask(form, mediation) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const answer = await fetch(form.dataset.options, { headers: { Accept: 'application/json' }, signal });
  if (answer.redirected) return location.assign(answer.url);
  const options = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(), { words: options.message });
  if (mediation) setTimeout(() => signal.aborted || offer(form), options.timeout * 0.8);
  const made = form.dataset.passkey === 'create'
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), signal })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal, mediation });
  form.elements.answer.value = JSON.stringify(made);
  return form.submit();
}

// The browser's own list at the first field; the button and the password are there without it.
async function offer(form) {
  if (!('conditional' in form.dataset)) return;
  if (await PublicKeyCredential.isConditionalMediationAvailable?.()) ask(form, 'conditional').catch(() => {});
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const why = hindrance(form);
  say(form, why);
  form.hidden = Boolean(why);
  if (why) continue;
  offer(form);
  let busy = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (busy) return; // pressed twice
    busy = true;
    say(form, '');
    ask(form).catch((error) => {
      busy = false;
      say(form, error.words ? 'refused' : SAID[error.name] ?? 'failed', error.words);
      offer(form);
    });
  });
}
