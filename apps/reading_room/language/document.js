// Says on the document itself which language it is in and where its lines begin.

export default function ({ data }) {
  const root = document.documentElement;
  if (root.lang !== data.lang) root.lang = data.lang;
  if (root.dir !== data.dir) root.dir = data.dir;
}
