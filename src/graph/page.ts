import { escaped } from "../lib/escape.ts";
import type { Drawing } from "./drawing.ts";
import { STYLE, svg } from "./svg.ts";

/** What a pointer or the keyboard is on shows what it needs and what needs it. */
const SCRIPT = `
for (const picture of document.querySelectorAll("svg.stack")) {
  const show = (key) => {
    picture.classList.toggle("chosen", key !== undefined);
    const near = new Set([key]);
    for (const edge of picture.querySelectorAll(".edge")) {
      const { from, to } = edge.dataset;
      const lit = key !== undefined && (from === key || to === key);
      edge.classList.toggle("lit", lit);
      if (lit) near.add(from).add(to);
    }
    for (const node of picture.querySelectorAll(".node")) node.classList.toggle("lit", near.has(node.dataset.key));
  };
  const at = ({ target }) => target.closest(".node")?.dataset.key;
  for (const kind of ["pointerover", "focusin", "click"]) picture.addEventListener(kind, (event) => show(at(event)));
  for (const kind of ["pointerleave", "focusout"]) picture.addEventListener(kind, () => show(undefined));
}
`.trim();

/** One page with the picture, for wide screens and for narrow ones, and the same as a list. Needs nothing from elsewhere. */
export function page(drawing: Drawing): string {
  const { title, groups, edges } = drawing;
  const all = groups.flatMap(({ nodes }) => nodes);
  const names = new Map(all.map(({ key, label }) => [key, label]));
  const list = groups.map(({ name, nodes }, index) => {
    const items = nodes.map(({ key, label, object }) => {
      const needs = edges.filter(({ to }) => to === key).map(({ from }) => names.get(from) ?? from);
      return `<li><b>${escaped(label)}</b> ${escaped(object)}${needs.length > 0 ? `: needs ${escaped(needs.join(", "))}` : ""}</li>`;
    });
    return `<h2>${index + 1} ${escaped(name)}</h2><ul>${items.join("")}</ul>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
${STYLE}
body{margin:0;padding:16px;background:var(--paper);color:var(--ink);line-height:1.45}
h1{font-size:1.25rem;margin:0 0 4px}
h2{font-size:1rem;margin:16px 0 4px}
p{margin:0 0 12px;color:var(--soft);max-width:60rem}
svg{display:block;max-width:100%;height:auto;margin:0 auto}
svg.narrow{display:none}
@media(max-width:720px){body{padding:10px}svg.wide{display:none}svg.narrow{display:block}}
summary{cursor:pointer;margin-top:16px}
ul{margin:0;padding-left:20px}
li{overflow-wrap:anywhere}
</style>
</head>
<body class="stack">
<h1>${escaped(title)}</h1>
<p>${all.length} resources in ${groups.length} steps. An arrow leads from what must be there first; arrows that follow from others are left out. Dashed: was there before. Point at a resource, or tap it, to see its own arrows.</p>
${svg(drawing, { columns: 6, inPage: true }).replace('class="stack"', 'class="stack wide"')}
${svg(drawing, { columns: 2, inPage: true }).replace('class="stack"', 'class="stack narrow"')}
<details><summary>The same as a list</summary>
${list.join("\n")}
</details>
<script>
${SCRIPT}
</script>
</body>
</html>`;
}
