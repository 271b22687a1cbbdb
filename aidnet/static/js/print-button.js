// <print-button data-label>: a button that prints; nothing at all where there is no JavaScript.
class PrintButton extends HTMLElement {
  connectedCallback() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = this.dataset.label;
    button.addEventListener("click", () => print());
    this.replaceChildren(button);
  }
}
customElements.define("print-button", PrintButton);
