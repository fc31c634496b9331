// The sum of what is ticked, while one chooses; without a script the next page says it.
const bar = document.querySelector('[data-sum]');
const boxes = [...document.querySelectorAll('input[data-amount]')];
const whole = new Intl.NumberFormat(document.documentElement.lang === 'vi' ? 'vi-VN' : 'en');
function show() {
  const amounts = boxes.filter((box) => box.checked).map((box) => Number(box.dataset.amount));
  bar.textContent = `${whole.format(amounts.reduce((sum, amount) => sum + amount, 0))} ₫`;
}
if (bar) {
  bar.hidden = false;
  boxes.forEach((box) => box.addEventListener('change', show));
  show();
}
