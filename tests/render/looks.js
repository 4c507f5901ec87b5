// What a page looks like to somebody who reads it: asked through the DevTools protocol, which no policy of the page binds.
(() => {
  const parse = colour => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (top, below) => top.rgb.map((value, i) => value * top.alpha + below[i] * (1 - top.alpha));
  const background = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(parse(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  // https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
  const luminance = rgb => rgb
    .map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, said = texts.currentNode.textContent.trim();
    if (!said || !element.getClientRects().length || element.closest("title, desc, style")) continue;
    const style = getComputedStyle(element), below = background(element);
    const ink = parse(element.closest("svg") ? style.fill : style.color);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 600;
    const enough = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const found = contrast(over(ink, below), below);
    if (found < enough) faint.push(`${said.slice(0, 40)}: ${found.toFixed(2)}`);
  }
  const wide = [...document.body.querySelectorAll("*")]
    .filter(one => !one.closest(".wide") && one.getBoundingClientRect().right > innerWidth + 0.5)
    .map(one => one.outerHTML.slice(0, 80));
  return {
    faint, wide,
    width: document.documentElement.scrollWidth,
    background: getComputedStyle(document.body).backgroundColor,
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(one => Number(one.tagName[1])),
    ids: [...document.querySelectorAll("[id]")].map(one => one.id),
    focusable: [...document.querySelectorAll("a[href], summary, [tabindex='0']")]
      .filter(one => one.checkVisibility()).map(one => one.textContent.trim().slice(0, 40)),
  };
})()
