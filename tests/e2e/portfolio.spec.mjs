// The portfolio: levers move the totals of many applicants, and the totals are those of decisions one by one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './site.mjs';

const root = resolve(import.meta.dirname, '../..');
const underglass = (...args) =>
  execFileSync(process.env.UNDERGLASS_CLI ?? join(root, 'target/release/underglass'), args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });

async function open(page, site) {
  await site.open();
  await page.getByRole('button', { name: 'Portfolio' }).click();
  await expect(page.getByTestId('drawn')).toHaveText('20,000 decided in this browser', { timeout: 60_000 });
}

const move = (page, name, value) =>
  page.getByTestId(name).evaluate((input, value) => {
    input.value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);

test('a draft that is saved decides as the portfolio said', async ({ page, site }) => {
  test.setTimeout(180_000);
  await open(page, site);
  const before = await page.getByTestId('approved').textContent();
  await move(page, 'approve', 610);
  await move(page, 'limit-pti_max', 0.15);
  await expect(page.getByTestId('approved')).not.toHaveText(before);
  await expect(page.getByTestId('approve').locator('xpath=ancestor::label').locator('output')).toHaveText('610');
  // The swap set counts the draft's outcomes once the levers rest.
  const counted = async () => {
    const cells = await page.getByTestId('swap').locator('tbody td').evaluateAll((cells) =>
      cells.map((cell) => Number(cell.firstChild.textContent.replaceAll(',', ''))));
    return [0, 1, 2].map((outcome) => cells[outcome] + cells[3 + outcome] + cells[6 + outcome]);
  };
  await expect.poll(async () => (await counted()).reduce((sum, n) => sum + n)).toBe(20_000);
  await page.waitForTimeout(600);
  const [approved, reviewed, declined] = await counted();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download draft policy' }).click()]);
  const folder = mkdtempSync(join(tmpdir(), 'underglass-'));
  const [policy, data, out] = ['policy.json', 'rows.csv', 'scores.ndjson'].map((name) => join(folder, name));
  await download.saveAs(policy);
  expect(JSON.parse(readFileSync(policy, 'utf8')).bands).toEqual({ approve: 610, review: 560 });
  underglass('synth', 'applications', '--rows', '20000', '--seed', '1', '--out', data);
  const today = await page.evaluate(() => {
    const now = new Date();
    return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, '0'), String(now.getDate()).padStart(2, '0')].join('-');
  });
  underglass('score', '--artifact', 'www/artifacts/risk-auto.json', '--data', data, '--decide', '--as-of', today, '--policy', policy,
    '--receipts', out, '--out', join(folder, 'scores.csv'));
  const outcomes = readFileSync(out, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line).outcome);
  const n = (...named) => outcomes.filter((outcome) => named.includes(outcome)).length;
  expect([approved, reviewed, declined]).toEqual([n('approve', 'conditional'), n('counteroffer', 'review'), n('decline', 'incomplete')]);
});

test('the levers go back, and the curve says where profit is highest', async ({ page, site }) => {
  await open(page, site);
  const approved = page.getByTestId('approved');
  const written = await approved.textContent();
  await expect(page.getByTestId('curve')).toContainText('The most');
  await page.getByRole('button', { name: 'Move there' }).click();
  await expect(page.getByTestId('curve')).toContainText('the most of all cut-offs');
  await page.getByRole('button', { name: 'As written' }).click();
  await expect(approved).toHaveText(written);
});

// By hand, with how long a moved lever takes to be on the page: UNDERGLASS_ROWS=1000000.
test('a dragged lever ends where it would have been put at once', async ({ page, site }) => {
  const rows = Number(process.env.UNDERGLASS_ROWS ?? 20_000);
  test.setTimeout(90_000 + rows);
  await open(page, site);
  if (rows > 20_000) {
    await page.getByTestId('population').selectOption(String(rows));
    await expect(page.getByTestId('drawn')).toHaveText(`${rows.toLocaleString('en-US')} decided in this browser`, { timeout: rows });
    await page.waitForTimeout(3000);
  }
  const tiles = () => page.locator('.tiles').innerText();
  for (const [name, first] of [['approve', 600], ['limit-pti_max', null]]) {
    await page.getByRole('button', { name: 'As written' }).click({ timeout: 1000 }).catch(() => {});
    const { last, taken } = await page.evaluate(async ({ name, first }) => {
      const input = document.querySelector(`[data-testid="${name}"]`);
      const values = Array.from({ length: 60 }, (_, i) => Number(first ?? input.min) + i * Number(input.step || 1));
      const taken = [];
      for (const value of values) {
        const since = performance.now();
        const changed = new Promise((resolve) => {
          const observer = new MutationObserver(() => { observer.disconnect(); resolve(performance.now() - since); });
          observer.observe(document.querySelector('.tiles'), { subtree: true, childList: true, characterData: true });
          // The first move of a lever prepares the others; some moves change nothing.
          setTimeout(() => { observer.disconnect(); resolve(null); }, taken.length === 0 ? 5000 : 100);
        });
        input.value = String(value);
        input.dispatchEvent(new Event('input', { bubbles: true }));
        taken.push(await changed);
        await new Promise(requestAnimationFrame);
      }
      return { last: values.at(-1), taken };
    }, { name, first });
    if (process.env.UNDERGLASS_ROWS) {
      const times = taken.filter((time) => time !== null).sort((a, b) => a - b);
      const at = (share) => `${times[Math.floor(times.length * share)]?.toFixed(1)} ms`;
      console.log(`${rows} rows, ${name}: ${times.length} answers, p50 ${at(0.5)}, p95 ${at(0.95)}, first ${taken[0]?.toFixed(1)} ms`);
      await page.waitForTimeout(4000);
    }
    await page.waitForTimeout(500);
    const dragged = await tiles();
    await page.getByRole('button', { name: 'As written' }).click();
    await expect.poll(tiles).not.toBe(dragged);
    await move(page, name, last);
    await expect.poll(tiles).toBe(dragged);
  }
});
