// Progressive enhancement only: every page works with this file absent.
import { initAll } from './govuk-frontend.min.js';

const vietnamese = document.documentElement.lang === 'vi';
document.body.classList.add('js-enabled', 'govuk-frontend-supported');
initAll(vietnamese ? {
  passwordInput: {
    i18n: {
      showPassword: 'Hiện',
      hidePassword: 'Ẩn',
      showPasswordAriaLabel: 'Hiện mật khẩu',
      hidePasswordAriaLabel: 'Ẩn mật khẩu',
      passwordShownAnnouncement: 'Mật khẩu đang hiện',
      passwordHiddenAnnouncement: 'Mật khẩu đã ẩn',
    },
  },
} : {});

// Function keys of the counter: an element with data-key="F9" is clicked or focused by that key.
document.addEventListener('keydown', (event) => {
  if (!/^F\d{1,2}$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const target = document.querySelector(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches('a, button')) target.click();
  else target.focus();
});

// A page printed at once, such as the slip: <html data-print>.
if (document.documentElement.hasAttribute('data-print')) window.print();
