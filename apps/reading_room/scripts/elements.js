// Elements with attributes and children. Text is set as text, never as markup.

// What is not said ("", null, undefined, false) is no attribute; but an alternative text may be empty, and says so.
const made = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if ((value !== "" || name === "alt") && value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
};
