// Whether somebody is still there: asks, counts down, and has the kiosk begin anew. Also keeps its keys and menus harmless.

const RETRY = 10_000; // ms between two tries to load the page anew where the server did not answer
const BLANK = 30_000; // ms after which a screen without a scene is loaded anew
const FRESH = 6 * 3_600_000; // ms after which the browser starts afresh while nobody is there

const begun = performance.now();
let touched = performance.now(); // when somebody was last here
let seen = performance.now(); // when there last was a scene
let active = false; // whether a visit was under way when this was last drawn
let asked = 0; // since when it asks whether somebody is there; 0: it does not
let told = 0; // when the reset was asked for
let tried = 0; // when the page was last loaded anew

async function afresh() {
  if (performance.now() - tried < RETRY) return;
  tried = performance.now();
  try { // only if the server answers: a browser's error page never comes back by itself
    const answer = await fetch("_stcore/health", { cache: "no-store" });
    if (answer.ok) window.location.replace(window.location.pathname);
  } catch { /* not yet */ }
}

function harmless(event) {
  const typing = event.composedPath()[0]?.tagName === "INPUT";
  if (!typing && /^[rc]$/i.test(event.key ?? "")) event.stopImmediatePropagation(); // Streamlit runs the page again on r
}

export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.querySelector(".still")?.remove();
  const still = document.createElement("div");
  still.className = "still";
  still.hidden = true;
  still.lang = data.lang;
  still.dir = data.dir;
  still.style.setProperty("--size", data.size);
  still.setAttribute("role", "alertdialog");
  const question = document.createElement("p");
  question.className = "question";
  question.textContent = data.words.question;
  const count = document.createElement("p");
  const stay = document.createElement("button");
  stay.type = "button";
  stay.textContent = data.words.stay;
  still.setAttribute("aria-label", data.words.question);
  still.append(question, count, stay);
  parentElement.append(still);

  if (!data.active || !active) { // a visit begins when its first scene is there, however long that took
    touched = performance.now();
    asked = told = 0;
  }
  active = data.active;
  const here = (event) => {
    if (event.type === "pointermove" && !event.movementX && !event.movementY) return;
    // While it asks, a touch counts when it ends: what lies beneath must not be touched by it as well.
    if (!still.hidden && !["keydown", "input", "click"].includes(event.type)) return;
    touched = performance.now();
    asked = told = 0;
    still.hidden = true;
  };
  const look = () => {
    const now = performance.now();
    if (document.documentElement.dataset.stage) seen = now;
    if (now - seen > BLANK) { afresh(); return; }
    if (!data.active) { if (now - begun > FRESH) afresh(); return; }
    if (!asked && now - touched >= 1000 * data.ask_after) asked = now;
    if (!asked) return;
    const left = Math.ceil(data.reset_after - (now - asked) / 1000);
    const { count: some, last, now: none } = data.words; // none: it was asked for, and the server takes its time
    count.textContent = left > 1 ? some.replace("{seconds}", left) : left === 1 ? last : none;
    if (still.hidden) { still.hidden = false; stay.focus(); }
    if (left > 0) return;
    if (!told) {
      told = now;
      setTriggerValue("reset", Date.now());
    } else if (now - told > RETRY) afresh();
  };
  const calm = (event) => event.preventDefault();
  const events = ["pointerdown", "pointermove", "touchstart", "keydown", "input", "click", "wheel"]; // keyboards on a screen may send no key
  for (const name of events) window.addEventListener(name, here, { capture: true, passive: true });
  window.addEventListener("keydown", harmless, true);
  for (const name of ["contextmenu", "dragstart", "drop", "dragover"]) window.addEventListener(name, calm, true);
  const timer = setInterval(look, 250);
  return () => {
    clearInterval(timer);
    for (const name of events) window.removeEventListener(name, here, { capture: true });
    window.removeEventListener("keydown", harmless, true);
    for (const name of ["contextmenu", "dragstart", "drop", "dragover"]) window.removeEventListener(name, calm, true);
  };
}
