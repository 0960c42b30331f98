// Links to pages of the app: real ones, to be copied or opened in a new tab; followed in the session that is open.

const plainClick = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

// To another page of the app in the same session, as its menu would: one entry in the browser's history. Through the
// server it would be two, and the way back would lead to a page that nobody saw.
const go = (href) => {
  window.history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
};

const led = (element) => {
  element.addEventListener("click", (event) => {
    if (!plainClick(event)) return; // a new tab, as the visitor asked
    event.preventDefault();
    go(element.href);
  });
  return element;
};
