// `?bench`: what a decision, a score, an explanation and a file cost on this machine, in place of the page.

const ROWS = 20_000;
const FORMS = 1_000;
// Each measurement goes on for so long, in milliseconds, the first half to let the browser compile.
const LENGTH = 3_000;

const { default: start, Underglass } = await import(new URL('pkg/underglass_wasm.js', document.baseURI));
const bytes = async (file) => new Uint8Array(await (await fetch(`artifacts/${file}`)).arrayBuffer());
const { books } = JSON.parse(new TextDecoder().decode(await bytes('manifest.json')));
const [, artifact, policy, pricing, reasons] = await Promise.all([
  start(),
  ...['model', 'policy', 'pricing', 'reasons'].map((name) => books[0][name] && bytes(books[0][name].file)),
]);
const book = Underglass.load({ artifact, policy, pricing, reasons });

// Made-up applications, the same each time.
let seed = 1;
const draw = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const asked = book.schema.inputs.filter(({ permitted }) => permitted !== 'audit_only');
function value({ kind: { number, category } }) {
  if (category) return category.levels[Math.floor(draw() * category.levels.length)].name;
  if (!number) return '';
  const [least, most] = [number.min ?? 0, number.max ?? 1000];
  return least + Math.round((draw() * (most - least)) / number.step) * number.step;
}
const applications = (n) => Array.from({ length: n }, () => asked.map((input) => [input.name, value(input)]));
const forms = applications(FORMS)
  .map((fields) => JSON.stringify(Object.fromEntries(fields.filter(([, given]) => given !== ''))))
  .join('\n');
const csv = new TextEncoder().encode(
  [asked.map(({ name }) => name), ...applications(ROWS).map((fields) => fields.map(([, given]) => given))].join('\n'),
);
const features = Float64Array.from({ length: book.schema.features.length * ROWS }, () => Math.floor(draw() * 1000));

function readFile() {
  const file = book.openFile(csv.subarray(0, 1 << 20), { answer: 'reasons', receipts: false, format: 'csv', as_of: '2026-01-31' });
  const chunk = file.chunk(csv.slice(file.start.bytes), file.start, true);
  chunk.step(book, file, ROWS);
  chunk.finish();
  file.free();
}
const measurements = [
  ['One decision, form to receipt', FORMS, () => book.decideLines(forms, '2026-01-31')],
  ['Score of a row', ROWS, () => book.scoreBatch(features, ROWS)],
  ['Exact contributions of a row', ROWS, () => book.explainBatch(features, ROWS, {})],
  ['CSV row to score and reasons', ROWS, readFile],
];

const tag = (name, text, ...children) => {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
};
const body = document.createElement('tbody');
const status = tag('p', 'Measuring\u2026');
Object.assign(status, { role: 'status', className: 'hint' });
const head = tag('tr', '', ...['What', '\u00b5s', 'A second'].map((text) => Object.assign(tag('th', text), { scope: 'col', className: text === 'What' ? '' : 'number' })));
const table = tag('table', '', tag('thead', '', head), body);
const title = Object.assign(tag('h1', 'Speed on this machine'), { id: 'bench-title' });
const back = Object.assign(tag('a', 'To the decisions'), { href: '.', className: 'button' });
const section = tag('section', '', Object.assign(tag('div', '', title), { className: 'panel-head' }), status, table, back);
section.className = 'panel';
section.setAttribute('aria-labelledby', 'bench-title');
const main = document.getElementById('boot');
main.className = 'score-file';
['id', 'aria-busy'].forEach((name) => main.removeAttribute(name));
main.replaceChildren(section);

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
for (const [what, rows, run] of measurements) {
  const times = [];
  for (const since = performance.now(); performance.now() - since < LENGTH; ) {
    const before = performance.now();
    run();
    times.push([before - since, performance.now() - before]);
    await new Promise((done) => setTimeout(done));
  }
  const warm = times.filter(([at]) => at > LENGTH / 2).map(([, took]) => took);
  const micro = (median(warm.length ? warm : times.map(([, took]) => took)) * 1000) / rows;
  const cells = [what, micro.toFixed(micro < 10 ? 2 : 1), Math.round(1e6 / micro).toLocaleString('en-US')];
  body.append(tag('tr', '', ...cells.map((text, at) => (at ? Object.assign(tag('td', text), { className: 'number' }) : Object.assign(tag('th', text), { scope: 'row' })))));
}
const { hardwareConcurrency: cores, userAgent } = navigator;
status.textContent = `One thread of ${cores}. Medians over ${ROWS.toLocaleString('en-US')} made-up rows, ${FORMS.toLocaleString('en-US')} for decisions. ${userAgent}`;
book.free();
