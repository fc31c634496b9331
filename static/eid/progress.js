// A page that shows how far something is: fetches the changing part every two seconds and exchanges what is new, until
// nothing moves any more; a page that has become another one is loaded anew. Without this file the page's own link does
// the same.
const EVERY = 2000;
const LONGEST = 300; // looks: ten minutes, or the session would never idle out

const place = document.querySelector('[data-progress]');
let looks = 0;

function moves() {
  return place.querySelector('[data-moves]') !== null;
}

// The token of a form is another each time: no reason to take a button from under a finger.
function drawn(part) {
  return part.outerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, '$1');
}

function exchange(fresh) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : '';
  for (const part of fresh.querySelectorAll('[data-part]')) {
    const old = place.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old) continue;
    if (part.getAttribute('role') === 'status') {
      // The element stays, so that a screen reader says what is new in it.
      if (old.textContent !== part.textContent) old.textContent = part.textContent;
    } else if (drawn(old) !== drawn(part)) {
      old.replaceWith(document.adoptNode(part));
    }
  }
  if (focused) document.getElementById(focused)?.focus();
}

async function look() {
  looks += 1;
  if (!document.hidden) {
    const answer = await fetch(place.dataset.progress, { redirect: 'error' });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (fresh.querySelector('[data-part]')) exchange(fresh);
    else window.location.reload();
  }
}

function later() {
  if (moves() && looks < LONGEST) setTimeout(() => look().catch(() => {}).finally(later), EVERY);
}

if (place) later();
