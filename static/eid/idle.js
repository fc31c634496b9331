// A desk nobody sits at: after some minutes without a key, click or touch the page hides what it shows and says that
// it is locked. Without this file the server refuses the next request all the same.
const root = document.querySelector('[data-idle]');
const seconds = Number(root?.dataset.idle);
const notice = document.getElementById('desk-locked');

if (root && notice && seconds > 0) {
  let last = Date.now();
  const used = () => { last = Date.now(); };
  for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart']) {
    addEventListener(kind, used, { passive: true });
  }
  const lock = () => {
    clearInterval(watch);
    document.title = notice.dataset.title;
    for (const part of document.querySelectorAll('body > :not(script)')) part.remove();
    document.body.append(notice.content.cloneNode(true));
    document.querySelector('#desk-locked-again').focus();
  };
  // The clock decides, not a count of ticks: a machine that slept wakes up locked.
  const look = () => { if (Date.now() - last >= seconds * 1000) lock(); };
  const watch = setInterval(look, 1000);
  addEventListener('pageshow', look);
  document.addEventListener('visibilitychange', look);
}
