// These run in the browser, where TypeScript's types of this project do not hold.

/** What lies outside of what should hold it, or on something else, in words. Runs in the page. */
export function misplaced() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) found.push(`the page is ${root.scrollWidth} wide`);
  const name = (element) => `${element.tagName} "${(element.textContent ?? "").slice(0, 40)}"`;
  for (const table of document.querySelectorAll("table:not(.scroll table)")) {
    const holder = table.parentElement;
    const room = holder.getBoundingClientRect().right - Number.parseFloat(getComputedStyle(holder).paddingRight);
    if (table.getBoundingClientRect().right > room + 1) found.push(`${name(table)} is wider than its place`);
  }
  for (const element of document.querySelectorAll(".big,td,th,dd,.pill"))
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline")
      found.push(`${name(element)} is cut`);
  for (const article of document.querySelectorAll("article")) {
    const charts = [...article.querySelectorAll("svg.curves")].filter((svg) => svg.getClientRects().length > 0);
    if (charts.length !== 1) found.push(`${charts.length} charts are shown in ${article.id}`);
    for (const chart of charts) {
      const frame = chart.getBoundingClientRect();
      if (frame.width < 200 || frame.height < 200) found.push(`a chart is ${frame.width} × ${frame.height}`);
      const texts = [...chart.querySelectorAll("text")].map((text) => ({ text, box: text.getBoundingClientRect() }));
      for (const { text, box } of texts) {
        if (box.width === 0 || box.height === 0) found.push(`${name(text)} has no size`);
        if (
          box.left < frame.left - 0.5 ||
          box.right > frame.right + 0.5 ||
          box.top < frame.top - 0.5 ||
          box.bottom > frame.bottom + 0.5
        )
          found.push(`${article.id}: ${name(text)} leaves its chart`);
        if (Number.parseFloat(getComputedStyle(text).fontSize) * (frame.width / chart.viewBox.baseVal.width) < 9)
          found.push(`${name(text)} is too small to read`);
      }
      for (const [index, one] of texts.entries())
        for (const other of texts.slice(index + 1)) {
          const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
          // A line's box is a little higher than its letters.
          const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
          if (wide > 1 && high > 4) found.push(`${article.id}: ${name(one.text)} lies on ${name(other.text)}`);
        }
    }
  }
  return found;
}

/** Texts whose contrast with what is behind them is below 4.5, in words, and how many were looked at. Runs in the page. */
export function pale() {
  const parts = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [red = 0, green = 0, blue = 0] = parts(colour).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const pill = element.previousElementSibling;
    if (element.tagName === "text" && pill?.classList.contains("pill")) return getComputedStyle(pill).fill;
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const [, , , alpha = 1] = parts(colour);
      if (alpha === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  let seen = 0;
  for (const element of document.querySelectorAll("main *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    if (!own || element.tagName === "title" || element.getClientRects().length === 0) continue;
    seen++;
    const style = getComputedStyle(element);
    const ink = luminance(element.tagName === "text" ? style.fill : style.color);
    const paper = luminance(behind(element));
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${element.tagName} "${element.textContent?.slice(0, 40)}"`);
  }
  return { seen, found };
}
