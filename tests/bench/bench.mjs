// Underglass beside the tools that people use today: one table, every row measured against its peer in the same run.
//
//   node bench.mjs --site DIST --lab FOLDER --data FOLDER --examples FOLDER --python PYTHON --chromium BROWSER
//                  --rounds N --only TEXT --out FILE.json
//
// Rounds are interleaved: ours, theirs, ours, theirs. Figures are processor seconds of the process that works (a
// browser's renderer, a Python process, a command); medians. `cargo xtask bench` prepares everything and calls this.
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const named = ['site', 'lab', 'data', 'examples', 'python', 'chromium', 'rounds', 'only', 'out'];
const { values: given } = parseArgs({ options: Object.fromEntries(named.map((name) => [name, { type: 'string' }])) });
const rounds = Number(given.rounds ?? 5);
const here = fileURLToPath(new URL('.', import.meta.url));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

// Everything under one origin, compressed and kept as a static host has it.
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };
const roots = { bench: here, site: given.site, lab: given.lab, data: given.data };
const server = createServer((request, response) => {
  const [, root, ...rest] = decodeURIComponent(request.url.split(/[?#]/)[0]).split('/');
  const file = join(roots[root] ?? here, normalize(rest.join('/') || 'index.html'));
  const read = createReadStream(file);
  read.on('error', () => response.writeHead(404).end());
  read.on('open', () => {
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-encoding': 'gzip', 'cache-control': 'max-age=600' });
    read.pipe(createGzip({ level: 6 })).pipe(response);
  });
}).listen(0, '127.0.0.1');
await new Promise((ready) => server.on('listening', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

// The peers in Python: one line asks, one line answers.
const python = spawn(given.python, [join(here, 'peers.py'), 'serve', given.data], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
async function peer(what) {
  python.stdin.write(`${what}\n`);
  const { value } = await answers.next();
  return JSON.parse(value);
}

const browser = await chromium.launch({ executablePath: given.chromium, args: ['--no-sandbox'] });
const ticks = Number(execFileSync('getconf', ['CLK_TCK']));
const renderers = () =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
    } catch {
      return false;
    }
  });
// Sum over the threads' own clocks: nanoseconds, where a process's clock has steps of ten milliseconds.
function rendererSeconds() {
  let sum = 0;
  for (const pid of renderers()) {
    try {
      for (const task of readdirSync(`/proc/${pid}/task`)) sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
    } catch {
      // It has just ended.
    }
  }
  return sum;
}
const table = [];
/** `ours` and `theirs` answer microseconds a row; a row without a peer has `theirs` null. */
async function row(what, bar, ours, theirs, peerName) {
  if (!what.includes(given.only ?? '')) return;
  const [us, them] = [[], []];
  const notes = new Set();
  const take = (side, measured) => {
    side.push(measured.value ?? measured);
    if (measured.note) notes.add(measured.note);
  };
  for (let round = 0; round < rounds; round += 1) {
    take(us, await ours());
    if (theirs) take(them, await theirs());
  }
  const note = [...notes].join(', ');
  const [a, b] = [median(us), them.length ? median(them) : null];
  table.push({ what, ours: a, theirs: b, ratio: b === null ? null : b / a, peer: b === null ? null : peerName, bar, note, rounds: { ours: us, theirs: them } });
  const shown = (value) => (value === null ? '-' : value >= 1e5 ? `${(value / 1e6).toFixed(2)} s` : `${value.toFixed(value < 10 ? 3 : 1)} µs`);
  console.log(`${what.padEnd(58)}${shown(a).padStart(12)}${shown(b).padStart(12)}${(b === null ? '-' : `${(b / a).toFixed(1)}x`).padStart(9)}   ${bar}${note ? `   ${note}` : ''}`);
}

console.log(`${'measurement (a row, unless it says otherwise)'.padEnd(58)}${'ours'.padStart(12)}${'peer'.padStart(12)}${'ratio'.padStart(9)}   bar`);

const page = await browser.newPage();
page.on('pageerror', (error) => console.error(String(error)));
await page.goto(`${origin}/bench/page.html`);
await page.waitForFunction('window.ready');
const inPage = async (call, argument) => {
  const before = rendererSeconds();
  const rows = await page.evaluate(([name, value]) => window.bench[name](value), [call, argument]);
  return ((rendererSeconds() - before) * 1e6) / rows;
};
const perRow = ({ cpu, rows }) => (cpu * 1e6) / rows;

await page.evaluate(() => window.bench.warm());
const equal = await page.evaluate(() => window.bench.sameMargins());
await row('score, imported XGBoost 500 x 6, browser', '>= 15x, same bits', async () => ({ value: await inPage('scoreImported', 5), note: `${equal} margins, same bits` }), () => inPage('scoreOnnx', 1), 'onnxruntime-web');
await row('score, own symmetric 500 x 6, browser', '>= 0.8x', () => inPage('scoreOwn', 10), async () => perRow(await peer('catboost_score')), 'CatBoost, native');
await row('exact SHAP by path, imported 500 x 6, browser', '>= 100x', () => inPage('explainImported', 1), async () => perRow(await peer('xgboost_shap')), 'XGBoost pred_contribs, native');
await row('exact interventional SHAP, own 500 x 6, browser', '>= 1000x', () => inPage('explainOwn', 5), async () => perRow(await peer('shap_interventional')), 'shap, 100 reference rows, native');
await row('one decision, form bytes to receipt, browser', '<= 50 µs', () => inPage('decide', 10), null, '');
await row('CSV to scores, SHAP and reasons as CSV, browser', '>= 8x', () => inPage('file', 1), () => inPage('fileOnnx', 1), 'PapaParse + onnxruntime-web, scores only');
const fit = () => {
  const said = execFileSync(join(given.examples, 'speed'), ['world=0', `folder=${given.data}`], { encoding: 'utf8' });
  const [, seconds, auc] = said.match(/([\d.]+) CPU s.*test ([\d.]+);/);
  return { value: Number(seconds) * 1e6, note: `test AUC ${auc}` };
};
const peerFit = async (name) => {
  const { cpu, auc } = await peer(`${name.toLowerCase()}_fit`);
  return { value: cpu * 1e6, note: `${name} ${auc.toFixed(5)}` };
};
await row('fit 200k x 20, 500 x 6, native (whole fit)', '>= 1.25x', fit, () => peerFit('LightGBM'), 'LightGBM');
await row('fit 200k x 20, 500 x 6, browser worker (whole fit)', '>= 0.67x', async () => (await inPage('fit', 1)) * 200_000, () => peerFit('XGBoost'), 'XGBoost, native');

// From navigation to the first decision, on a slow line and a slow processor.
async function coldStart(address, done) {
  const context = await browser.newContext();
  const cold = await context.newPage();
  const session = await context.newCDPSession(cold);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const since = performance.now();
  await cold.goto(address, { waitUntil: 'commit' });
  await cold.waitForFunction(done, null, { timeout: 120_000, polling: 50 });
  const seconds = (performance.now() - since) / 1000;
  await context.close();
  return seconds * 1e6;
}
await row('cold start to the first decision, 1.6 Mbit/s, CPU / 4', '<= 3.5 s', () => coldStart(`${origin}/site/`, () => document.querySelector('[data-outcome]')), () => coldStart(`${origin}/bench/cold.html`, () => window.predicted), 'onnxruntime-web');

const gzipped = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const runtime = join(here, 'node_modules/onnxruntime-web/dist');
const theirBytes = ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs', 'ort.wasm.min.mjs'].reduce((sum, file) => sum + gzipped(join(runtime, file)), gzipped(join(given.data, 'xgboost.onnx')));
const ourBytes = Number(execFileSync('node', [join(here, '../../xtask/src/sizes.mjs'), given.site, '420000'], { encoding: 'utf8' }).match(/^sum\s+\S+\s+([\d,]+)/m)[1].replaceAll(',', ''));
table.push({ what: 'bytes to the first decision, gzip', ours: ourBytes, theirs: theirBytes, ratio: theirBytes / ourBytes, peer: 'onnxruntime-web and its model', bar: '<= 420000' });
console.log(`${'bytes to the first decision, gzip'.padEnd(58)}${String(ourBytes).padStart(12)}${String(theirBytes).padStart(12)}${`${(theirBytes / ourBytes).toFixed(1)}x`.padStart(9)}   <= 420000`);

const load = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
console.log(`medians of ${rounds} interleaved rounds; Chromium ${browser.version()}, node ${process.version}; load ${load}`);
writeFileSync(given.out, `${JSON.stringify({ rounds, chromium: browser.version(), node: process.version, load, table }, null, 2)}\n`);
await browser.close();
python.stdin.end();
server.close();
