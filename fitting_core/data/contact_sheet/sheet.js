"use strict";
const main = document.querySelector("main");
const cards = [...main.children];
const boxes = [...document.querySelectorAll("input[name=word]")];
const search = document.querySelector("input[type=search]");
const order = document.querySelector("select");
const shown = document.querySelector("#shown");
const by = {
  worst: (a, b) => b.dataset.rank - a.dataset.rank,
  best: (a, b) => a.dataset.rank - b.dataset.rank,
  name: (a, b) => a.dataset.number - b.dataset.number,
  slowest: (a, b) => b.dataset.seconds - a.dataset.seconds,
};
function update() {
  const words = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const wanted = search.value.toLowerCase();
  let count = 0;
  for (const card of cards.sort(by[order.value])) {
    card.hidden = !words.has(card.dataset.word) || !card.textContent.toLowerCase().includes(wanted);
    count += !card.hidden;
    main.append(card);
  }
  shown.textContent = `${count} of ${cards.length} shown`;
}
for (const control of [...boxes, search, order]) control.addEventListener("input", update);
update();
