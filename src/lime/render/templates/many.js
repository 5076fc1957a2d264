"use strict";
(() => {
  const PAGE = 50, SVG = "http://www.w3.org/2000/svg";
  const data = JSON.parse(document.getElementById("lime-data").textContent);
  const words = data.words, entries = data.entries;
  const by = id => document.getElementById(id);
  // Places in an entry.
  const ROW = 0, ID = 1, LABEL = 2, PREDICTION = 3, FIT = 4, INTERCEPT = 5, LOCAL = 6, WEIGHTS = 7, WARNED = 8, ERROR = 9, TEXT = 10, PICTURE = 11;
  const word = code => code === null ? "" : words[code];
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name.trim().split(" ").map(part => "lime-" + part).join(" ");
    if (text !== undefined) node.textContent = text;
    return node;
  };
  // Thousands are separated, and minus is written as such.
  const written = text => text.replace(/^-?\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ",")).replace(/-/g, "\u2212");
  const number = (value, digits) => value === null ? "" : written(String(+value.toPrecision(digits || 3)));
  const share = value => value === null ? "" : data.mode === "classification" ? value.toFixed(3).replace("-", "\u2212") : number(value, 4);
  const fit = value => value === null ? "" : written((Math.abs(value) < 0.005 ? 0 : value).toFixed(2));
  const sign = value => value > 0 ? "for" : value < 0 ? "against" : "";
  // One number of decimals for all weights of an entry, by the largest of them.
  const writer = largest => {
    const needed = 2 - Math.floor(Math.log10(largest)), decimals = Math.max(0, Math.min(6, needed));
    return value => {
      if (value === null) return "";
      const text = needed > 6 ? value.toExponential(2) : value.toFixed(decimals);
      // What these decimals show as nothing is written by its own size.
      return (value > 0 ? "+" : "") + (+text === 0 && value !== 0 ? number(value, 2) : written(text));
    };
  };
  const largestOf = entry => Math.max(...entry[WEIGHTS].map(w => Math.abs(w[2] || 0)), 0) || 1;
  // A row that failed says why in the table; there is nothing to open unless it has more to tell.
  const opens = entry => entry[ERROR] === null || entry[WARNED].length > 0 || (data.texts[entry[TEXT]] || []).length > 0;

  const labels = [...new Set(entries.map(e => e[LABEL]).filter(code => code !== null))];
  const named = entries.some(e => word(e[ID]) !== String(e[ROW]));
  const columns = [
    { title: "Row", key: e => e[ROW], number: true },
    ...(named ? [{ title: "Id", key: e => word(e[ID]) }] : []),
    ...(labels.length > 1 || data.mode === "classification" ? [{ title: data.mode === "regression" ? "Output" : "Class", key: e => word(e[LABEL]) }] : []),
    { title: "Model", key: e => e[PREDICTION], number: true, show: share },
    { title: "Fit R\u00b2", key: e => e[FIT], number: true, show: fit },
    { title: data.contributions ? "Largest contributions" : "Heaviest features", key: e => e[WEIGHTS].length ? word(e[WEIGHTS][0][0]) : word(e[ERROR]), tops: true },
  ];
  let sorted = 0, falling = false, page = 0, shown = entries.map((_, i) => i);
  const opened = new Set();
  let index = null;

  const searchable = () => index || (index = entries.map(e => [
    e[ROW], word(e[ID]), word(e[LABEL]), word(e[ERROR]),
    ...e[WEIGHTS].flatMap(w => [word(w[0]), word(w[1])]), ...e[WARNED].map(word),
  ].join("\n").toLowerCase()));

  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === null || a === "") return 1;
    if (b === null || b === "") return -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
    return falling ? -order : order;
  };

  function choose() {
    const sought = by("lime-search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const label = by("lime-label").value;
    const texts = sought.length ? searchable() : null;
    shown = [];
    for (let i = 0; i < entries.length; i++) {
      if (label !== "" && String(entries[i][LABEL]) !== label) continue;
      if (texts && !sought.every(part => texts[i].includes(part))) continue;
      shown.push(i);
    }
    const parts = [...document.querySelectorAll(".lime-many-rows .lime-part")];
    const chosen = label === "" ? null : word(+label);
    const own = parts.find(part => part.dataset.label === chosen);
    // Where all are shown, outputs have a table each, and classes one together.
    for (const part of parts) {
      part.hidden = own ? part !== own : part.tagName !== "DETAILS" && part.dataset.label !== undefined;
    }
    if (own && own.tagName === "DETAILS") own.open = true;
    const key = columns[sorted].key, keys = new Map(shown.map(i => [i, key(entries[i])]));
    shown.sort((i, j) => compare(keys.get(i), keys.get(j)) || i - j);
    page = 0;
    draw();
  }

  function heads() {
    columns.forEach((column, k) => {
      const cell = make("th", column.number ? "n" : column.tops ? "tops" : ""), button = make("button", "", column.title);
      cell.scope = "col";
      button.type = "button";
      button.addEventListener("click", () => {
        falling = sorted === k ? !falling : false;
        sorted = k;
        choose();
      });
      cell.append(button);
      by("lime-head").append(cell);
    });
  }

  function draw() {
    [...by("lime-head").children].forEach((cell, k) => {
      if (k === sorted) cell.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    page = Math.min(page, pages - 1);
    const body = by("lime-body");
    body.replaceChildren();
    for (const i of shown.slice(page * PAGE, (page + 1) * PAGE)) {
      body.append(line(i));
      if (opened.has(i)) body.append(details(i));
    }
    if (!shown.length) {
      const row = make("tr"), cell = make("td", "none", entries.length ? "Nothing found" : "No rows");
      cell.colSpan = columns.length;
      row.append(cell);
      body.append(row);
    }
    by("lime-count").textContent = `${shown.length.toLocaleString("en")} of ${entries.length.toLocaleString("en")}`;
    by("lime-page").textContent = `Page ${page + 1} of ${pages}`;
    by("lime-back").disabled = page === 0;
    by("lime-next").disabled = page >= pages - 1;
  }

  function line(i) {
    const entry = entries[i], row = make("tr", opens(entry) ? "entry" : "entry shut");
    const signed = writer(largestOf(entry));
    columns.forEach((column, k) => {
      const cell = make("td", column.number ? "n" : column.tops ? (entry[ERROR] !== null ? "tops why" : "tops") : "");
      if (k === 0 && !opens(entry)) {
        cell.textContent = entry[ROW];
      } else if (k === 0) {
        const button = make("button", "open", (opened.has(i) ? "\u25be " : "\u25b8 ") + entry[ROW]);
        button.type = "button";
        button.setAttribute("aria-expanded", opened.has(i));
        cell.append(button);
      } else if (column.tops) {
        if (entry[ERROR] !== null) cell.append(make("span", "soft", word(entry[ERROR])));
        for (const weight of entry[WEIGHTS].slice(0, 3)) {
          cell.append(make("span", "chip " + sign(weight[2]), `${word(weight[0])} ${signed(weight[2])}`));
        }
      } else if (column.number) {
        cell.textContent = (column.show || number)(column.key(entry));
      } else {
        const name = make("bdi", "", column.key(entry));
        cell.append(name);
      }
      row.append(cell);
    });
    if (opens(entry)) row.addEventListener("click", () => {
      if (opened.has(i)) opened.delete(i); else opened.add(i);
      const fresh = line(i);
      if (row.nextSibling && row.nextSibling.className === "lime-opened") row.nextSibling.remove();
      row.replaceWith(fresh);
      if (opened.has(i)) fresh.after(details(i));
      fresh.querySelector("button").focus();
    });
    return row;
  }

  function drawn(tag, attributes) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  function details(i) {
    const entry = entries[i], weights = entry[WEIGHTS];
    const row = make("tr", "opened"), cell = make("td");
    cell.colSpan = columns.length;
    row.append(cell);
    const text = data.texts[entry[TEXT]] || [];
    const largest = largestOf(entry), signed = writer(largest), size = value => signed(value).replace("+", "");
    if (text.length) {
      const block = make("p", "text"), weightOf = new Map(weights.map(w => [w[4], w[2]]));
      for (const [piece, feature] of text) {
        const weight = feature === null ? 0 : weightOf.get(feature) || 0;
        if (!weight) { block.append(piece); continue; }
        const mark = make("mark", weight > 0 ? "for" : "against", piece);
        mark.style.setProperty("--lime-o", 0.08 + 0.37 * Math.abs(weight) / largest);
        mark.title = signed(weight);
        block.append(mark);
      }
      cell.append(block);
    }
    const picture = data.pictures[entry[PICTURE]];
    if (picture) {
      const image = make("img", "picture");
      image.src = picture;
      image.addEventListener("load", () => { if (image.naturalWidth < 96) image.style.imageRendering = "pixelated"; });
      image.alt = "The picture, its segments tinted by their weights";
      cell.append(image);
    }
    const scale = Math.max(largest, Math.min(Math.max(...weights.map(w => Math.abs(w[2] || 0) + (w[3] || 0)), 0), 1.6 * largest));
    for (const [feature, value, weight, reach] of weights) {
      const line = make("div", "row"), name = make("div", "name"), bar = make("div", "bar");
      name.append(make("bdi", "", word(feature)));
      const shown = word(value);
      if (shown !== "" && !word(feature).endsWith("=" + shown)) name.append(make("span", "soft", ` \u00b7 ${shown}`));
      const svg = drawn("svg", { viewBox: "-100 0 200 20", preserveAspectRatio: "none", "aria-hidden": "true" });
      if (weight !== null) {
        const length = 97 * Math.min(Math.abs(weight) / scale, 1);
        svg.append(drawn("rect", { class: "lime-" + sign(weight), x: weight > 0 ? 0 : -length, y: 3, width: length, height: 14 }));
      }
      svg.append(drawn("path", { class: "lime-axis", d: "M0 0V20" }));
      if (reach) {
        const end = sign => Math.max(-100, Math.min(100, 97 * (weight + sign * reach) / scale));
        svg.append(drawn("path", { class: "lime-whisker", d: `M${end(-1)} 10H${end(1)}`, fill: "none" }));
      }
      bar.append(svg);
      const figure = make("div", "num", signed(weight) + (reach ? " " : ""));
      figure.append(make("span", "pm", reach ? `\u00b1 ${size(reach)}` : ""));
      line.append(name, bar, figure);
      cell.append(line);
    }
    if (entry[ERROR] === null) {
      const start = data.contributions ? [`baseline ${number(entry[INTERCEPT])}`] : [`intercept ${number(entry[INTERCEPT])}`, `surrogate ${number(entry[LOCAL])}`];
      const parts = [...start, `model ${share(entry[PREDICTION])}`, `fit R\u00b2 ${fit(entry[FIT])}`];
      cell.append(make("div", "fit soft", parts.join("   \u00b7   ")));
    }
    if (entry[WARNED].length) {
      const box = make("div", "warn"), list = make("ul");
      list.append(...entry[WARNED].map(code => make("li", "", word(code))));
      box.append(list);
      cell.append(box);
    }
    return row;
  }

  for (const code of ["", ...labels]) {
    const option = make("option", "", code === "" ? "all" : word(code));
    option.value = code;
    by("lime-label").append(option);
  }
  by("lime-labels").hidden = labels.length < 2;
  let waiting = 0;
  by("lime-search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(choose, 120); });
  by("lime-label").addEventListener("change", choose);
  by("lime-back").addEventListener("click", () => { page--; draw(); });
  by("lime-next").addEventListener("click", () => { page++; draw(); });
  heads();
  draw();
})();
