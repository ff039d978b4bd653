// What is measured in the browser: each function works through rows and answers how many. The peer's half runs in the
// page, the product's in its own module, both on this one thread.
import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import start, * as lib from '/lab/underglass_wasm.js';

const COLUMNS = 20;
const ROWS = 20_000;
const CHUNK_BYTES = 4 << 20;
const ASKED = { answer: 'reasons', explain: false, receipts: false, format: 'csv', as_of: '2026-01-31' };
const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
const floats = async (address) => new Float32Array((await bytes(address)).buffer);

await start({ module_or_path: fetch('/lab/underglass_wasm_bg.wasm') });
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create((await bytes('/data/xgboost.onnx')).buffer);
const imported = lib.Underglass.load({ artifact: await bytes('/data/imported.json') });
const own = lib.Underglass.load({ artifact: await bytes('/data/own.json') });
const book = async (name) => bytes(`/site/artifacts/${name}-auto.json`);
const auto = lib.Underglass.load({ artifact: await book('risk'), policy: await book('policy'), pricing: await book('pricing'), reasons: await book('reasons') });

const test = (await floats('/data/test_X.f32')).subarray(0, ROWS * COLUMNS);
const margins = await floats('/data/margins.f32');
const train = await floats('/data/train_X.f32');
const outcomes = await bytes('/data/train_y.u8');
const forms = formsOf(new TextDecoder().decode(await bytes('/data/applications.csv')));
const csv = await bytes('/data/test.csv');
const N_CSV = 100_000;
const N_FORMS = forms.trim().split('\n').length;

/** One form a line, from a CSV file without quotes. */
function formsOf(text) {
  const [names, ...lines] = text.trim().split('\n').map((line) => line.split(','));
  const inputs = new Map(auto.schema.inputs.filter(({ permitted }) => permitted !== 'audit_only').map((input) => [input.name, input]));
  const form = (cells) => {
    const given = names.map((name, at) => [inputs.get(name), cells[at]]).filter(([input, cell]) => input && cell !== '');
    return JSON.stringify(Object.fromEntries(given.map(([{ name, kind }, cell]) => [name, kind.number ? Number(cell) : cell])));
  };
  return lines.map(form).join('\n');
}

/** The rows as a model's features: column-major in the order of its schema. */
function columnsFor(model) {
  const order = model.schema.features.map(({ name }) => Number(name.slice(1)));
  const columns = new Float64Array(ROWS * COLUMNS);
  order.forEach((column, at) => {
    for (let row = 0; row < ROWS; row += 1) columns[at * ROWS + row] = test[row * COLUMNS + column];
  });
  return columns;
}
const [forImported, forOwn] = [columnsFor(imported), columnsFor(own)];
const rows = new ort.Tensor('float32', test, [ROWS, COLUMNS]);

const times = (n, run) => {
  for (let round = 0; round < n; round += 1) run();
};

window.bench = {
  /** Everything often enough that the browser has compiled it for speed, which it does in the background. */
  async warm() {
    for (const call of ['scoreOnnx', 'scoreImported', 'scoreOwn', 'explainOwn', 'explainImported', 'decide', 'file']) {
      const until = performance.now() + 2_500;
      while (performance.now() < until) {
        await this[call](1);
        await new Promise((done) => setTimeout(done, 5));
      }
    }
    return 1;
  },
  /** How many of the library's margins come back with the same bits; an error when one does not. */
  sameMargins() {
    const { margin } = imported.scoreBatch(forImported, ROWS);
    const other = margin.findIndex((value, row) => !Object.is(value, margins[row]));
    if (other >= 0) throw new Error(`row ${other}: margin ${margin[other]}, the library says ${margins[other]}`);
    return margin.length;
  },
  async scoreOnnx(n) {
    for (let round = 0; round < n; round += 1) await session.run({ rows });
    return n * ROWS;
  },
  scoreImported(n) {
    times(n, () => imported.scoreBatch(forImported, ROWS));
    return n * ROWS;
  },
  scoreOwn(n) {
    times(n, () => own.scoreBatch(forOwn, ROWS));
    return n * ROWS;
  },
  explainImported(n) {
    times(n, () => imported.explainBatch(forImported, ROWS, { game: 'path' }));
    return n * ROWS;
  },
  explainOwn(n) {
    times(n, () => own.explainBatch(forOwn, ROWS, { game: 'interventional' }));
    return n * ROWS;
  },
  decide(n) {
    times(n, () => auto.decideLines(forms));
    return n * N_FORMS;
  },
  file(n) {
    times(n, () => {
      const scoring = own.openFile(csv.subarray(0, 1 << 20), ASKED);
      const lines = [scoring.header(own)];
      let from = scoring.start;
      while (from.bytes < csv.length) {
        const to = Math.min(from.bytes + CHUNK_BYTES, csv.length);
        const chunk = scoring.chunk(csv.subarray(from.bytes, to), from, to === csv.length);
        const { size } = chunk;
        chunk.step(own, scoring, 0xffffffff);
        lines.push(chunk.finish().lines);
        from = { bytes: from.bytes + size.bytes, records: from.records + size.records, lines: from.lines + size.lines };
      }
      window.download = new Blob(lines);
    });
    return n * N_CSV;
  },
  async fileOnnx(n) {
    for (let round = 0; round < n; round += 1) {
      const { data } = Papa.parse(new TextDecoder().decode(csv), { dynamicTyping: true, header: false, skipEmptyLines: true });
      const values = new Float32Array((data.length - 1) * COLUMNS);
      for (let row = 1; row < data.length; row += 1) for (let column = 0; column < COLUMNS; column += 1) values[(row - 1) * COLUMNS + column] = data[row][column] ?? NaN;
      await session.run({ rows: new ort.Tensor('float32', values, [data.length - 1, COLUMNS]) });
    }
    return n * N_CSV;
  },
  fit(n) {
    times(n, () => lib.fitColumns(train, outcomes, COLUMNS, 500));
    return n * outcomes.length;
  },
};
window.ready = true;
