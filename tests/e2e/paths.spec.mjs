// Paths to approval of declined applicants, in the browser: each is decided again with its changes made.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './site.mjs';

const root = resolve(import.meta.dirname, '../..');
const underglass = (...args) =>
  execFileSync(process.env.UNDERGLASS_CLI ?? join(root, 'target/release/underglass'), args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });

// More by hand: UNDERGLASS_DECLINES=1000.
const declines = Number(process.env.UNDERGLASS_DECLINES ?? 40);
const MILLISECONDS = 250;

test(`every path that is found for ${declines} declines is approved`, async ({ page, site }) => {
  test.setTimeout(60_000 + declines * 2 * MILLISECONDS);
  const folder = mkdtempSync(join(tmpdir(), 'underglass-'));
  const [data, receipts] = [join(folder, 'applications.csv'), join(folder, 'receipts.ndjson')];
  underglass('synth', 'applications', '--rows', String(declines * 8), '--seed', '41', '--out', data);
  underglass('score', '--artifact', 'www/artifacts/risk-auto.json', '--data', data, '--decide', '--as-of', '2026-01-31',
    '--receipts', receipts, '--out', join(folder, 'scores.csv'));
  const forms = readFileSync(receipts, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
    .filter(({ outcome }) => outcome === 'decline').slice(0, declines).map(({ inputs }) => inputs);
  expect(forms).toHaveLength(declines);

  await site.open();
  const found = await page.evaluate(async ({ forms, milliseconds }) => {
    const { default: init, Underglass } = await import(new URL('pkg/underglass_wasm.js', document.baseURI));
    await init();
    const file = async (name) => new Uint8Array(await (await fetch(`artifacts/${name}-auto.json`)).arrayBuffer());
    const [artifact, policy, pricing, reasons] = await Promise.all(['risk', 'policy', 'pricing', 'reasons'].map(file));
    const book = Underglass.load({ artifact, policy, pricing, reasons });
    const found = [];
    for (const form of forms) {
      const since = performance.now();
      const search = book.pathJob(form, '2026-01-31');
      let first = null;
      for (;;) {
        const { done, total } = search.step(book, 16);
        const elapsed = performance.now() - since;
        const is = done >= total;
        if (first === null && (is || search.answer(book).path)) first = elapsed;
        if (is || elapsed > milliseconds) break;
      }
      const answer = search.answer(book);
      search.free();
      const changed = { ...form, ...Object.fromEntries((answer.path?.changes ?? []).map(({ input, to }) => [input, to])) };
      found.push({ ...answer, first, outcome: answer.path && book.decide(changed, '2026-01-31').outcome });
      await new Promise((turn) => setTimeout(turn));
    }
    return found;
  }, { forms, milliseconds: MILLISECONDS });

  const valid = ({ path, outcome }) => !path || (['approve', 'conditional'].includes(outcome) && outcome === path.outcome);
  expect(found.filter((answer) => !valid(answer))).toEqual([]);
  const is = (certificate) => found.filter((answer) => answer.certificate === certificate);
  expect(is('optimal').every(({ path }) => path)).toBe(true);
  expect(is('impossible').every(({ path }) => !path)).toBe(true);
  const open = found.filter(({ certificate }) => certificate.open);
  const gaps = open.filter(({ path }) => path).map(({ path, certificate }) => path.cost / certificate.open.at_least - 1);
  expect(gaps.every((gap) => gap >= 0)).toBe(true);
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)];
  console.log(`paths of ${declines} declines in ${MILLISECONDS} ms each: ${is('optimal').length} optimal, ${is('impossible').length} proven to have none, `
    + `${gaps.length} with a gap (median ${at(gaps, 0.5)?.toFixed(3)}), ${open.length - gaps.length} open without a path; `
    + `first answer p50 ${at(found.map(({ first }) => first ?? MILLISECONDS), 0.5).toFixed(1)} ms, p95 ${at(found.map(({ first }) => first ?? MILLISECONDS), 0.95).toFixed(1)} ms`);
});
