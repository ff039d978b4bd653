// Decide as a person uses it: change, share, correct, read, and what stands there when a file is bad.
import { readFile } from 'node:fs/promises';
import { expect, test } from './site.mjs';

const answer = (page) => page.getByTestId('answer');
const score = async (page) => Number(await answer(page).getAttribute('data-score'));
const field = (page, name) => page.locator(`#field-${name}`);
const slider = (page, name) => page.locator(`[data-field="${name}"] input[type=range]`);

test('every example is decided, with reasons that add up', async ({ page, site }) => {
  await site.open();
  const names = await page.getByTestId('example').locator('option').evaluateAll((options) => options.map((option) => option.value));
  expect(names.length).toBeGreaterThanOrEqual(6);
  const outcomes = new Set();
  for (const name of names) {
    await page.getByTestId('example').selectOption(name);
    outcomes.add(await answer(page).getAttribute('data-outcome'));
    if (await answer(page).getAttribute('data-score') === null) continue;
    const tenths = await page.locator('.wf-row:not(.wf-axis) .wf-value').evaluateAll((cells) =>
      cells.map((cell) => Math.round(Number(cell.textContent.replace('\u2212', '-')) * 10)));
    const last = tenths.pop();
    expect(tenths.reduce((sum, part) => sum + part, 0)).toBe(last);
    expect(last).toBe((await score(page)) * 10);
  }
  expect(outcomes.size).toBeGreaterThanOrEqual(4);
});

test('a slider moves answer, reasons and address together', async ({ page, site }) => {
  await site.open();
  const before = await score(page);
  await slider(page, 'utilization').focus();
  for (let press = 0; press < 4; press += 1) await page.keyboard.press('PageDown');
  expect(await score(page)).toBeGreaterThan(before);
  await expect(page.locator('[data-kind=score] .wf-value')).toHaveText(`${await score(page)}.0`);
  await expect(page).toHaveURL(/utilization=/);
});

test('a link shows the identical screen in a new profile', async ({ page, site, browser }) => {
  await site.open();
  await field(page, 'income_monthly').fill('$4,200');
  await field(page, 'utilization').fill('');
  await page.keyboard.press('Tab');
  await expect(page).toHaveURL(/utilization=(&|$)/);
  await expect(page.getByTestId('ways')).toContainText('Proven');
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(answer(other)).toBeVisible();
  const seen = (view) => view.locator('main.decide').innerText();
  await expect.poll(() => seen(other)).toBe(await seen(page));
  await other.context().close();
});

test('ways to approval are tried together and approve', async ({ page, site }) => {
  await site.open();
  const ways = page.getByTestId('ways').getByRole('button', { name: 'Try these changes together' });
  await ways.last().click();
  await expect(answer(page)).toHaveAttribute('data-outcome', /approve|conditional/);
  await expect(page.getByTestId('ways')).toBeHidden();
});

test('the reasons in money end at the price of the answer', async ({ page, site }) => {
  await site.open();
  await page.getByRole('button', { name: 'Money' }).click();
  const last = page.getByTestId('why-money').locator('tr').last();
  await expect(last).toContainText(await page.locator('.figure', { hasText: 'Payment' }).locator('dd').innerText());
});

test('the reasons in money scroll by themselves at 320 px', async ({ page, site }) => {
  await page.setViewportSize({ width: 320, height: 800 });
  await site.open();
  await page.getByRole('button', { name: 'Money' }).click();
  await expect(page.getByTestId('why-money')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
});

test('a letter is written of a decline, in two languages', async ({ page, site }) => {
  await site.open('#v=1&book=auto&case=aisha');
  await expect(answer(page)).toHaveAttribute('data-outcome', 'decline');
  for (const [name, words] of [['Notice to the applicant', 'SIMULATION'], ['Aviso en español', 'lang="es"']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    expect(await readFile(await download.path(), 'utf8')).toContain(words);
  }
});

test('a link of another version falls back with a notice', async ({ page, site }) => {
  await site.open('#v=99&book=auto');
  await expect(page.locator('.notice')).toContainText('another version');
  await expect(page.getByTestId('example')).toHaveValue('maya');
});

test('all bad fields are marked and the last answer stays', async ({ page, site }) => {
  await site.open();
  const before = await score(page);
  await field(page, 'income_monthly').fill('12,5');
  await field(page, 'down_payment').fill('-1');
  await expect(page.locator('.field-error')).toHaveCount(2);
  await expect(answer(page)).toHaveAttribute('data-stale', '');
  expect(await score(page)).toBe(before);
  await page.getByRole('button', { name: 'Reset' }).click();
  await expect(page.locator('.field-error')).toHaveCount(0);
});

test('a flip that is offered is a flip', async ({ page, site }) => {
  await site.open();
  const offer = page.getByTestId('hinges').locator('li').first();
  const promised = await offer.locator('[data-outcome]').getAttribute('data-outcome');
  await offer.getByRole('button').click();
  await expect(answer(page)).toHaveAttribute('data-outcome', promised);
});

test('a second engine writes the same bytes, and the download is that receipt', async ({ page, site }) => {
  await site.open();
  await expect(page.getByTestId('replay')).toHaveAttribute('data-replay', 'same', { timeout: 20_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()]);
  const receipt = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(receipt.kind).toBe('receipt');
  expect(receipt.score.points).toBe(await score(page));
});

test('a chosen theme is kept', async ({ page, site }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await site.open();
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

for (const width of [320, 720, 1440]) {
  test(`nothing scrolls sideways at ${width} px`, async ({ page, site }) => {
    await page.setViewportSize({ width, height: 800 });
    await site.open();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

// Each makes a bad file of the good one.
const damages = {
  'a changed byte': { damage: (bytes) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1] ^ 1), says: 'changed or cut off' },
  'a truncated file': { damage: (bytes) => bytes.slice(0, bytes.length - 100), says: 'changed or cut off' },
  'a future format': {
    damage: (bytes) => Buffer.from(Buffer.from(bytes).toString('latin1').replace('"format": 1', '"format": 9'), 'latin1'),
    says: 'newer version',
  },
};

// The model itself: artifacts.spec.mjs.
for (const file of ['policy-auto.json', 'pricing-auto.json', 'reasons-auto.json', 'manifest.json']) {
  for (const [what, { damage, says }] of Object.entries(damages)) {
    test(`${what} of ${file} is refused in plain words`, async ({ page }) => {
      await page.route(`**/artifacts/${file}`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: Buffer.from(damage(new Uint8Array(await response.body()))) });
      });
      await page.goto('./');
      const failed = page.locator('[data-state=failed]');
      await expect(failed).toContainText(file);
      await expect(failed).toContainText(says);
      await expect(page.locator('[data-outcome]')).toHaveCount(0);
    });
  }
}

test('a missing file is named, and trying again helps once it is there', async ({ page, site }) => {
  site.expected.push(/404/);
  await page.route('**/artifacts/pricing-auto.json', (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.locator('[data-state=failed]')).toContainText('pricing-auto.json');
  await page.unroute('**/artifacts/pricing-auto.json');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(answer(page)).toBeVisible();
});

test('every book opens from the header, and its second engine agrees', async ({ page, site }) => {
  await site.open();
  const summary = page.getByTestId('model');
  await summary.click();
  const labels = await page.locator('.model a').allInnerTexts();
  expect(labels.length).toBeGreaterThanOrEqual(3);
  for (const label of labels) {
    if (!(await page.locator('.model[open]').count())) await summary.click();
    await page.locator('.model a', { hasText: label }).click();
    await expect(summary).toContainText(label);
    await expect(answer(page)).toHaveAttribute('data-outcome', /approve|conditional|review|decline/);
    await expect(page.locator('[data-replay]')).toHaveAttribute('data-replay', 'same');
  }
});
