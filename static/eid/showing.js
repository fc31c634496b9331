// A code that lives for a minute counts down, and its page notices when the code was read. Without this file the page
// says until when the code lives, and loads itself anew when that time is over.
const card = document.querySelector('[data-showing="live"]');
const until = card?.querySelector('[data-until]');
const left = card?.querySelector('[data-left]');

if (card && until && left) {
  // The server's clock decides when the code ends; this one only counts the seconds in between.
  const ends = Date.now() + Number(left.dataset.left) * 1000;
  left.hidden = false;
  const count = () => {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    left.textContent = left.dataset.words.replace('0', String(seconds));
    if (seconds === 0) { clearInterval(ticking); location.reload(); }
  };
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.querySelector('[data-showing]');
    if (now && now.dataset.showing !== 'live') location.reload();
  };
  const ticking = setInterval(count, 1000);
  setInterval(() => { ask().catch(() => {}); }, 3000);
  count();
}
