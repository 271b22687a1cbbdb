// <line-rows data-name data-drop>: repeated rows of a form, added and removed in place. Without it, "add" is an ordinary submit.
// Must be defined before the elements that rows may hold, so that the row it copies is as the server drew it.
class LineRows extends HTMLElement {
  connectedCallback() {
    this.next = this.rows().length;
    const last = this.rows().at(-1);
    this.blank = last && last.cloneNode(true);
    this.from = this.next - 1;
    const add = this.querySelector("[name=add]");
    if (!this.blank || !add) return;
    add.type = "button";
    add.addEventListener("click", () => this.add());
    this.rows().forEach((row) => this.droppable(row));
    this.number();
  }

  rows() {
    return [...this.querySelectorAll(":scope > .row")];
  }

  add() {
    const row = this.blank.cloneNode(true);
    const was = `${this.dataset.name}-${this.from}`;
    const now = `${this.dataset.name}-${this.next++}`;
    for (const node of row.querySelectorAll("*")) {
      for (const { name, value } of [...node.attributes]) {
        if (value.includes(was)) node.setAttribute(name, value.split(was).join(now));
      }
      node.removeAttribute("aria-invalid");
      node.classList.remove("is-wrong");
    }
    row.querySelectorAll(".error, .found > *").forEach((node) => node.remove());
    row.querySelectorAll("input, textarea").forEach((input) => {
      if (input.type === "checkbox" || input.type === "radio") input.checked = false;
      else input.value = "";
    });
    row.querySelectorAll("select").forEach((select) => (select.selectedIndex = 0));
    this.rows().at(-1).after(row);
    this.droppable(row);
    this.number();
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  droppable(row) {
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "row-drop";
    drop.textContent = this.dataset.drop;
    drop.addEventListener("click", () => {
      const beside = row.nextElementSibling;
      row.remove();
      this.number();
      (beside?.querySelector("input:not([type=hidden]), select, button") ?? this.querySelector("[name=add]")).focus();
    });
    row.querySelector(".row-head")?.append(drop);
  }

  number() {
    const rows = this.rows();
    const label = this.closest("fieldset")?.querySelector("legend")?.textContent ?? "";
    rows.forEach((row, at) => {
      row.querySelector(".row-number").textContent = at + 1;
      row.setAttribute("aria-label", `${label} ${at + 1}`);
      row.querySelector(".row-drop").hidden = rows.length < 2;
    });
  }
}
customElements.define("line-rows", LineRows);
