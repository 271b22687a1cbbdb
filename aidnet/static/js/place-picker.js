// <place-picker data-source data-none data-some>: places appear while one types (a combobox); a choice becomes a checked
// radio or checkbox, just as the server would have drawn it. Without it, "find" is an ordinary submit.
class PlacePicker extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=search]");
    this.found = this.querySelector(".found");
    const find = this.querySelector("[name=find]");
    if (!this.input || !this.found || this.list) return;
    this.id_ = this.input.id;
    if (find) {
      find.type = "button";
      find.addEventListener("click", () => this.look(0));
    }
    this.list = document.createElement("ul");
    this.list.className = "options";
    this.list.id = `${this.id_}-list`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-labelledby", `${this.id_}-label`);
    this.said = document.createElement("p");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    this.input.after(this.list);
    this.append(this.said);
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", this.list.id], ["aria-autocomplete", "list"]]) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.look(180));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.shut(), 150));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const at = [...this.list.children].indexOf(event.target.closest("[role=option]"));
      if (at >= 0) this.choose(at);
    });
  }

  look(wait) {
    clearTimeout(this.timer);
    this.asked?.abort();
    const words = this.input.value.trim();
    if (words.length < 2) return this.shut();
    this.timer = setTimeout(async () => {
      this.asked = new AbortController();
      try {
        const source = this.dataset.source;
        const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}q=${encodeURIComponent(words)}`, { signal: this.asked.signal, headers: { Accept: "application/json" } });
        if (answer.ok) this.show((await answer.json()).options);
      } catch (error) {
        if (error.name !== "AbortError") this.shut();
      }
    }, wait);
  }

  show(options) {
    this.offered = options;
    this.at = -1;
    this.list.replaceChildren(...options.map((option, at) => {
      const item = document.createElement("li");
      item.id = `${this.list.id}-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.append(part("b", option.name), part("small", option.level), part("small", option.path, "path"));
      return item;
    }));
    if (!options.length) {
      const none = part("li", this.dataset.none, "none");
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      this.list.append(none);
    }
    this.said.textContent = options.length ? `${options.length} ${this.dataset.some}` : this.dataset.none;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  shut() {
    this.list.hidden = true;
    this.offered = [];
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const count = this.offered?.length ?? 0;
    if (event.key === "Enter") {
      event.preventDefault();
      if (count) this.choose(Math.max(this.at, 0));
      else this.look(0);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.shut();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", at === this.at));
      this.list.children[this.at].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", this.list.children[this.at].id);
    }
  }

  choose(at) {
    const option = this.offered[at];
    const many = this.found.dataset.multiple === "yes";
    const name = this.found.dataset.field;
    const same = [...this.found.querySelectorAll("input")].find((input) => input.value === option.code);
    if (many && same) same.checked = true;
    else {
      const row = part("div", "", "choice");
      const input = document.createElement("input");
      const label = part("label", option.name);
      Object.assign(input, { type: many ? "checkbox" : "radio", name, value: option.code, checked: true, id: `${this.id_}-j${option.code}` });
      label.htmlFor = input.id;
      label.append(part("small", option.path));
      row.append(input, label);
      if (many) this.found.append(row);
      else this.found.replaceChildren(row);
    }
    this.input.value = "";
    this.said.textContent = `${option.name}, ${option.path}`;
    this.shut();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function part(tag, text, name = "") {
  const node = document.createElement(tag);
  node.textContent = text ?? "";
  if (name) node.className = name;
  return node;
}
customElements.define("place-picker", PlacePicker);
