// Says on the document itself which language it is in and where its lines begin; and keeps the way back straight.

// The visitor is where they went. A run that began before they went back would carry them on again to the page it was of:
// Streamlit adds that page to the history, and what lay ahead is lost.
function steady(history) {
  const push = history.pushState;
  let gone = false; // whether they moved through the history and have touched nothing since
  window.addEventListener("popstate", () => { gone = true; }, true);
  for (const name of ["pointerdown", "keydown"]) window.addEventListener(name, () => { gone = false; }, true);
  history.pushState = function (state, title, address) {
    const there = new URL(address ?? "", document.baseURI);
    if (!gone || there.pathname === window.location.pathname) push.call(history, state, title, address);
  };
  history.pushState.steady = true;
}

export default function ({ data }) {
  if (!window.history.pushState.steady) steady(window.history);
  const root = document.documentElement;
  if (root.lang !== data.lang) root.lang = data.lang;
  if (root.dir !== data.dir) root.dir = data.dir;
}
