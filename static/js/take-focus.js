/** <div tabindex="-1" data-behaviour="take-focus">: the list of errors, so that a screen reader starts there. */
export function takeFocus(element) {
  element.focus();
}
