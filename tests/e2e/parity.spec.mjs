// Native and browser agree to the byte: receipts of 10,000 applications, and an artifact trained on both sides.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './site.mjs';

const root = resolve(import.meta.dirname, '../..');
const underglass = (...args) =>
  execFileSync(process.env.UNDERGLASS_CLI ?? join(root, 'target/release/underglass'), args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
const folder = mkdtempSync(join(tmpdir(), 'underglass-'));

test('10,000 receipts are the same bytes natively and in the browser', async ({ page, site }) => {
  test.setTimeout(180_000);
  const [data, receipts] = [join(folder, 'applications.csv'), join(folder, 'receipts.ndjson')];
  underglass('synth', 'applications', '--rows', '10000', '--seed', '20', '--out', data);
  underglass('score', '--artifact', 'www/artifacts/risk-auto.json', '--data', data, '--decide', '--as-of', '2026-01-31',
    '--receipts', receipts, '--out', join(folder, 'scores.csv'));
  const native = readFileSync(receipts, 'utf8').trimEnd().split('\n');
  expect(native).toHaveLength(10_000);

  await site.open();
  const forms = native.map((receipt) => JSON.stringify(JSON.parse(receipt).inputs)).join('\n');
  const browser = await page.evaluate(async (forms) => {
    const { default: init, Underglass } = await import(new URL('pkg/underglass_wasm.js', document.baseURI));
    await init();
    const file = async (name) => new Uint8Array(await (await fetch(`artifacts/${name}-auto.json`)).arrayBuffer());
    const [artifact, policy, pricing, reasons] = await Promise.all(['risk', 'policy', 'pricing', 'reasons'].map(file));
    return Underglass.load({ artifact, policy, pricing, reasons }).decideLines(forms, '2026-01-31');
  }, forms);
  const differing = browser.trimEnd().split('\n').findIndex((receipt, row) => receipt !== native[row]);
  expect(differing, 'first row that differs').toBe(-1);
  const outcomes = new Set(native.map((receipt) => JSON.parse(receipt).outcome));
  expect(outcomes.size, `outcomes seen: ${[...outcomes]}`).toBeGreaterThanOrEqual(5);
});

// More rows by hand: UNDERGLASS_PARITY_ROWS=50000.
const rows = process.env.UNDERGLASS_PARITY_ROWS ?? '2000';
for (const learner of ['symmetric', 'logistic', 'scorecard', 'forest', 'auto']) {
  test(`a ${learner} artifact trained in the browser has the digest of the native one`, async ({ page, site }) => {
    test.setTimeout(1_200_000);
    const [data, artifact] = [join(folder, `${learner}.csv`), join(folder, `${learner}.json`)];
    underglass('synth', 'applications', '--rows', rows, '--seed', '3', '--out', data);
    underglass('train', 'risk', '--data', data, '--target', 'bad', '--positive', '1', '--seed', '5', '--learner', learner,
      '--out', artifact);
    const { sha256 } = JSON.parse(readFileSync(artifact, 'utf8'));

    await site.open();
    const trained = await page.evaluate(async ({ csv, learner }) => {
      const lab = (name) => new URL(`lab/${name}`, document.baseURI).href;
      const script = await (await fetch('worker.js')).blob();
      const worker = new Worker(URL.createObjectURL(script));
      const module = await WebAssembly.compileStreaming(fetch(lab('underglass_wasm_bg.wasm')));
      const ask = (message) => new Promise((done, refuse) => {
        const id = Math.random();
        worker.addEventListener('message', function hear({ data }) {
          if (data.id !== id || data.progress) return;
          worker.removeEventListener('message', hear);
          data.error ? refuse(new Error(data.error.message)) : done(data.ok);
        });
        worker.postMessage({ id, ...message });
      });
      await ask({ op: 'init', glue: lab('underglass_wasm.js'), module });
      const plan = { name: 'risk', target: 'bad', positive: '1', seed: '5', learner };
      const started = performance.now();
      const { artifact } = await ask({ op: 'train', csv: new TextEncoder().encode(csv), plan });
      return { text: new TextDecoder().decode(artifact), seconds: (performance.now() - started) / 1000 };
    }, { csv: readFileSync(data, 'utf8'), learner });
    console.log(`${learner}, ${rows} rows: trained in the browser in ${trained.seconds.toFixed(1)} s`);
    expect(JSON.parse(trained.text).sha256).toBe(sha256);
  });
}

test('a training job states its memory and hears cancel', async ({ page, site }) => {
  const csv = underglass('synth', 'applications', '--rows', '4000', '--seed', '3', '--out', '-').toString();
  await site.open();
  const { code, progress } = await page.evaluate(async (csv) => {
    const lab = (name) => new URL(`lab/${name}`, document.baseURI).href;
    const worker = new Worker(URL.createObjectURL(await (await fetch('worker.js')).blob()));
    const module = await WebAssembly.compileStreaming(fetch(lab('underglass_wasm_bg.wasm')));
    worker.postMessage({ id: 1, op: 'init', glue: lab('underglass_wasm.js'), module });
    return new Promise((resolve) => {
      let progress;
      worker.onmessage = ({ data }) => {
        if (data.id === 1) worker.postMessage({ id: 2, op: 'train', csv: new TextEncoder().encode(csv), plan: { name: 'risk', target: 'bad', positive: '1' } });
        else if (data.progress) {
          progress = data.progress;
          worker.postMessage({ id: 3, op: 'cancel', job: 2 });
        } else resolve({ code: data.error?.code ?? 'finished', progress });
      };
    });
  }, csv);
  expect(code).toBe('cancelled');
  // What the job holds lies in the module's memory, beside the table and the code's own data.
  expect(progress.bytes).toBeGreaterThan(4000 * 100);
  expect(progress.memory).toBeGreaterThan(progress.bytes);
});
