/** <button hidden data-behaviour="print-page">Print</button> */
export function printPage(button, { print = () => window.print() } = {}) {
  button.hidden = false;
  button.addEventListener("click", print);
}
