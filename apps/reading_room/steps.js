// Draws the steps of an image in a row; those that stand there already stay as they are.

function drawn(step) {
  const frame = made("div", { class: "frame" }, made("img", { src: step.picture, alt: step.alt }));
  const parts = [frame, made("figcaption", {}, step.said)];
  if (step.near) parts.push(made("div", { class: "near" }, made("img", { src: step.near, alt: step.nearAlt, title: step.nearAlt })));
  const entry = made("li", {}, made("figure", {}, ...parts));
  entry.picture = step.picture; // a property of our own: two images of one name have equal steps
  return entry;
}

export default function ({ parentElement, data }) {
  let field = parentElement.querySelector(".field");
  if (!field) {
    field = made("div", { class: "field" }, made("p", {}), made("ol", { role: "list", tabindex: "0" }));
    parentElement.append(field);
  }
  field.querySelector("p").textContent = data.words.label;
  const list = field.querySelector("ol");
  list.setAttribute("aria-label", data.words.label);
  data.steps.forEach((step, place) => {
    const there = list.children[place];
    if (there?.picture === step.picture) return;
    if (there) there.replaceWith(drawn(step));
    else list.append(drawn(step));
  });
  while (list.children.length > data.steps.length) list.lastElementChild.remove();
  list.scrollLeft = list.scrollWidth;
}
