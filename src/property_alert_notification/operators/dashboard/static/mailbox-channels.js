// What the messages of a channel are called, and how they look: the page's own choice of channels says it.
const choiceOf = (channel) => document.querySelector(`#channels input[value="${CSS.escape(channel)}"]`);

export const labelOf = (channel) => choiceOf(channel)?.nextElementSibling.textContent ?? channel;
export const appearanceOf = (channel) => choiceOf(channel)?.dataset.appearance ?? "letter";
