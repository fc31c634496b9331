// A page that does a long piece of work some at a time: presses its own button. Without this file a person does.
document.querySelector('form[data-goes-on]')?.requestSubmit();
