// A file of applications is answered by a pool of workers: the same bytes by one and by four, whatever happens to a
// worker; a bad row is named; cancel ends it.
import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './site.mjs';

// Values of the auto book, drawn by a small generator with a fixed seed.
const COLUMNS = {
  income_monthly: [1500, 9000, 1], debts_monthly: [0, 1500, 1], utilization: [0, 100, 1], late_24m: [0, 4, 1],
  employment_months: [0, 200, 1], inquiries_6m: [0, 6, 1], vehicle_price: [6000, 40000, 1], down_payment: [0, 5000, 1],
  vehicle_value: [6000, 40000, 1], trade_in: [0, 4000, 1], fees: [0, 1500, 1], vehicle_age_years: [0, 12, 1],
  mileage_thousand: [1, 150, 1], residence_months: [0, 240, 1], open_accounts: [0, 20, 1],
  oldest_account_months: [0, 300, 1], collections: [0, 3, 1], repossessions_12m: [0, 1, 1], bankruptcies_open: [0, 1, 1],
};
const TERMS = [36, 48, 60, 72];

function file(rows, alter = (cells) => cells) {
  let state = 12345;
  const draw = (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
  const names = [...Object.keys(COLUMNS), 'term_months', 'vehicle_type', 'employment_status', 'housing', 'comment'];
  const lines = [names.join(',')];
  for (let row = 0; row < rows; row += 1) {
    const cells = Object.values(COLUMNS).map(([low, high]) => draw(low, high));
    // The comment stretches the file over several chunks, and its line ends stand inside quotes.
    const comment = `"row ${row}\n${'x'.repeat(600)}, ""y"""`;
    lines.push(alter([...cells, TERMS[draw(0, 3)], 'sedan', 'employed', 'rent', comment], row).join(','));
  }
  return { name: 'applications.csv', mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\n')}\n`) };
}

async function open(page, site, chosen, { answer = 'reasons', workers = 1, format = 'csv' } = {}) {
  await site.open();
  await page.getByRole('button', { name: 'Score a file' }).click();
  await page.getByLabel('Choose a CSV file').setInputFiles(chosen);
  await page.getByLabel('Each row gets').selectOption(answer);
  await page.getByLabel('Result as').selectOption(format);
  await page.getByLabel('Workers').selectOption(String(workers));
}

const start = (page) => page.getByRole('button', { name: 'Start' }).click();

async function result(page) {
  const link = page.getByTestId('file-result');
  await expect(link).toBeVisible({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('one worker and four write the same bytes and count the same', async ({ page, site }) => {
  const chosen = file(20_000);
  const answers = [];
  for (const workers of [1, 4]) {
    await open(page, site, chosen, { workers });
    await start(page);
    const { name, text } = await result(page);
    expect(name).toBe('applications.scored.csv');
    answers.push({ text, counts: await page.getByTestId('file-counts').innerText() });
    expect(await page.getByTestId('file-progress').innerText()).toMatch(/^20,000 rows in .* of at most /);
  }
  expect(answers[0].text === answers[1].text, 'the same bytes').toBe(true);
  expect(answers[0].counts).toBe(answers[1].counts);
  const lines = answers[0].text.trimEnd().split('\n');
  expect(lines[0]).toBe('row,margin,probability,points,band,reasons');
  expect(lines.length).toBe(20_001);
  expect(lines.every((line, index) => index === 0 || line.startsWith(`${index - 1},`))).toBe(true);
});

test('a worker that dies is replaced, and nothing is lost', async ({ page, site }) => {
  site.expected.push(/the test ends it/);
  const chosen = file(20_000);
  await open(page, site, chosen, { workers: 2 });
  await start(page);
  const { text } = await result(page);
  await open(page, site, chosen, { workers: 2 });
  // The first worker to answer a chunk dies of it.
  await page.evaluate(() => {
    const Plain = window.Worker;
    let left = 1;
    window.Worker = class extends Plain {
      postMessage(message, transfer) {
        if (message.op === 'chunk' && left > 0) {
          left -= 1;
          super.terminate();
          this.dispatchEvent(new ErrorEvent('error', { message: 'the test ends it' }));
          return;
        }
        super.postMessage(message, transfer);
      }
    };
  });
  await start(page);
  expect((await result(page)).text === text, 'the same bytes').toBe(true);
  await expect(page.getByTestId('file-progress')).toContainText('1 was replaced');
});

test('a decision of a file is the decision of the page', async ({ page, site }) => {
  await open(page, site, file(40), { answer: 'decision', format: 'ndjson' });
  await start(page);
  const { name, text } = await result(page);
  expect(name).toBe('applications.scored.ndjson');
  const rows = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(rows.length).toBe(40);
  for (const { row, decision, reasons, points } of rows) {
    expect(decision, `row ${row}`).toMatch(/^(approve|conditional|counteroffer|review|decline|incomplete)$/);
    if (decision === 'decline') expect(reasons.length).toBeGreaterThan(0);
    if (decision !== 'incomplete') expect(points).toBeGreaterThanOrEqual(300);
  }
});

test('a bad row keeps its place and is named by line and column', async ({ page, site }) => {
  const bad = file(30, (cells, row) => (row === 7 ? cells.with(0, 'much') : row === 9 ? cells.slice(1) : cells));
  await open(page, site, bad);
  await start(page);
  const { text } = await result(page);
  // Every record takes two lines.
  expect(text.split('\n')[8]).toBe('7,,,,refused,"line 16, record 8, column ""income_monthly"": found ""much"", expected a number"');
  const faults = page.getByTestId('file-faults');
  await expect(faults.locator('li')).toHaveCount(2);
  await expect(faults.locator('li').first()).toHaveText('line 16, record 8, column "income_monthly": found "much", expected a number');
  await expect(page.getByTestId('file-counts')).toContainText(/refused\s*2/);
  for (const width of [1440, 320]) {
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(', ')}`)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${width} px`).toBeLessThanOrEqual(0);
  }
});

test('a file without a needed column is refused with a message', async ({ page, site }) => {
  await open(page, site, { name: 'other.csv', mimeType: 'text/csv', buffer: Buffer.from('age;name\n1;2\n') });
  await start(page);
  await expect(page.getByTestId('file-error')).toContainText(/line 1, column "income_monthly"/);
});

test('cancel ends the work and another file can follow', async ({ page, site }) => {
  await open(page, site, file(20_000), { answer: 'decision', workers: 1 });
  await start(page);
  await expect(page.getByTestId('file-progress')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Cancelled. Nothing was kept.')).toBeVisible();
  await page.getByLabel('Choose a CSV file').setInputFiles(file(10));
  await start(page);
  expect((await result(page)).text.trimEnd().split('\n').length).toBe(11);
});
