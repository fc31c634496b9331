// A page that waits for something made in the background: looks every few seconds, and shows the page anew when it is
// there. Without this file the page's own button does the same.
const MARK = '[data-waiting]';
const EVERY = 4000;

async function look() {
  if (document.hidden) return;
  const answer = await fetch(window.location.href, { redirect: 'error' });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!page.querySelector(MARK)) window.location.reload();
}

setInterval(() => { look().catch(() => {}); }, EVERY);
