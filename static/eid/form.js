// A form that saves itself: what is typed is sent in the background, and the answer has the questions as they are asked
// now: new ones come in, those that are not asked go, what was worked out anew is exchanged. What somebody typed is never
// touched. Without this file the button saves, and the next page asks.
const form = document.querySelector('form[data-autosave]');
const place = form?.querySelector('[data-blocks]');
const said = form?.querySelector('[data-saved]');
const TYPING = 1200; // milliseconds without a key
const LIFTED = 50; // milliseconds from a lifted finger to its click
let timer = 0;
let saving = Promise.resolve();
let waiting = 0; // saves that are not answered yet
let sending = false;
let pressed; // the button that goes on once all is saved
let released = Promise.resolve(); // nothing is pressed
let stopped = false;
let last = '';

function body() {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.delete('csrfmiddlewaretoken');
  data.delete('form-version');
  return data;
}

function exchange(html) {
  const fresh = new DOMParser().parseFromString(`<div>${html}</div>`, 'text/html').body.firstElementChild;
  const there = new Map([...place.querySelectorAll(':scope > [data-block]')].map((part) => [part.dataset.block, part]));
  let before = null;
  for (const part of [...fresh.querySelectorAll(':scope > [data-block]')]) {
    const old = there.get(part.dataset.block);
    there.delete(part.dataset.block);
    let now = old;
    if (!old || ('told' in part.dataset && old.innerHTML !== part.innerHTML && !old.contains(document.activeElement))) {
      now = document.adoptNode(part);
      if (old) old.replaceWith(now);
      else if (before) before.after(now);
      else place.prepend(now);
    }
    before = now;
  }
  for (const gone of there.values()) gone.remove();
  place.querySelector('[data-asked]').value = fresh.querySelector('[data-asked]').value;
}

async function send() {
  const data = body();
  const now = new URLSearchParams(data).toString();
  if (now === last || stopped) return;
  data.set('form-version', form.querySelector('[data-version]').value);
  const answer = await fetch(form.dataset.autosave, {
    method: 'POST',
    body: new URLSearchParams(data),
    headers: { 'X-CSRFToken': form.querySelector('[name=csrfmiddlewaretoken]').value, Accept: 'application/json' },
    redirect: 'manual',
    keepalive: true,
  });
  if (answer.type === 'opaqueredirect' || answer.status === 403) {
    stopped = true;
    said.textContent = form.dataset.signedOut;
    return;
  }
  const told = await answer.json();
  await released; // a button that moves away under a finger is not pressed
  said.textContent = told.said;
  if (!answer.ok) {
    stopped = true;
    return;
  }
  last = now;
  form.querySelector('[data-version]').value = told.version;
  exchange(told.html);
}

function save() {
  clearTimeout(timer);
  if (sending) return;
  waiting += 1;
  saving = saving.then(send).catch(() => { said.textContent = form.dataset.failed; }).finally(() => { waiting -= 1; });
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

if (form) {
  last = new URLSearchParams(body()).toString();
  form.addEventListener('input', () => later(TYPING));
  form.addEventListener('change', (event) => { if (event.target.type !== 'file') later(event.target.matches('[type=radio], [type=checkbox], select') ? 0 : TYPING); });
  document.addEventListener('visibilitychange', () => { if (document.hidden && !sending) save(); });
  document.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    released = new Promise((done) => {
      for (const over of ['pointerup', 'pointercancel']) document.addEventListener(over, () => setTimeout(done, LIFTED), { once: true });
    });
  });
  // The page must not be sent while it is being saved: it would be older than its own draft. Of more presses the last counts.
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (waiting) {
      event.preventDefault();
      pressed = event.submitter;
      // Not within this event: the browser would not listen.
      if (!sending) saving.finally(() => setTimeout(() => form.requestSubmit(pressed)));
    }
    sending = true;
  });
  addEventListener('pageshow', (event) => { if (event.persisted) window.location.reload(); });
}
