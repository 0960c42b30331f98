// Links of Streamlit's menu lead to pages without what stands in the address. Here they keep archive and language: in
// their addresses, for a new tab, and when they are followed, as one entry of the browser's history.

const LINK = '[data-testid="stSidebarNavLink"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';
const NARROW = "(max-width: 768px)"; // where the menu lies over the page, by Streamlit's own measure

let asked = "";
let listening = false;

const whole = (event) => {
  const link = event.target.closest?.(LINK);
  if (link) link.search = asked;
  return link;
};

const followed = (event) => {
  const link = whole(event);
  if (!link || !plainClick(event)) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit's own way there
  if (link.href !== window.location.href) go(link.href);
  if (window.matchMedia(NARROW).matches) document.querySelector(CLOSE)?.click();
};

export default function ({ data }) {
  asked = data.asked;
  if (listening) return;
  listening = true;
  for (const kind of ["pointerover", "pointerdown", "focusin"]) document.addEventListener(kind, whole, true);
  document.addEventListener("click", followed, true);
}
