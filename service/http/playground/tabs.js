// Two tabs by the pattern of the ARIA practices: arrows go from tab to tab. The address says which one is open.

import { byId } from "./dom.js";

const NAMES = ["forecast", "sentiment"];

export function tabs() {
  let open = NAMES[0];
  const show = (name) => {
    open = name;
    for (const each of NAMES) {
      const tab = byId(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      byId(each).hidden = each !== name;
    }
  };
  const choose = (name) => {
    show(name);
    history.replaceState(null, "", `#${name}`);
  };
  for (const name of NAMES) {
    byId(`tab-${name}`).addEventListener("click", () => choose(name));
    byId(`tab-${name}`).addEventListener("keydown", (event) => {
      const place = NAMES.indexOf(name);
      const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: NAMES.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const other = NAMES[(next + NAMES.length) % NAMES.length];
      choose(other);
      byId(`tab-${other}`).focus();
    });
  }
  const fromAddress = () => NAMES.includes(location.hash.slice(1)) && show(location.hash.slice(1));
  addEventListener("hashchange", fromAddress);
  fromAddress();
  return { current: () => open };
}
