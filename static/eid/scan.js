// A picture of a code is sent as soon as it is chosen: its field becomes a button. Without this file one chooses, and
// presses the form's own button.
const form = document.querySelector('.qrscan');
const button = form?.querySelector('button[name="read"]');

if (button) {
  const busy = form.querySelector('.qrscan__busy');
  const pictures = [...form.querySelectorAll('input[type="file"]')];
  form.classList.add('qrscan--at-once');
  pictures.forEach((picture) => picture.addEventListener('change', () => {
    if (!picture.files.length) return;
    pictures.filter((other) => other !== picture).forEach((other) => { other.value = ''; });
    busy.textContent = busy.dataset.words;
    form.requestSubmit(button);
  }));
  // Who comes back finds the form as it was before.
  window.addEventListener('pageshow', () => {
    busy.textContent = '';
    pictures.forEach((picture) => { picture.value = ''; });
  });
}
