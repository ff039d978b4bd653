// A file that was changed, cut or comes from the future gives a readable message, never a decision.
import { expect, test } from './site.mjs';

const MODEL = /artifacts\/risk-[a-z]+\.json$/;

async function openWith(page, alter) {
  await page.unroute(MODEL).catch(() => {});
  await page.route(MODEL, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: alter(await response.body()) });
  });
  await page.goto('about:blank');
  await page.goto('./');
  const failed = page.locator('[data-state=failed]');
  await expect(failed).toBeVisible();
  await expect(page.locator('[data-outcome]')).toHaveCount(0);
  return failed.innerText();
}

// A small generator with a fixed seed: the same 200 bytes in every run.
function* places(length, count) {
  let state = 0x2545f491;
  for (let k = 0; k < count; k += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield [Math.floor((state / 2 ** 32) * length), 1 << (state & 7)];
  }
}

test('any changed byte of the model is refused, 200 random ones', async ({ page }) => {
  test.setTimeout(300_000);
  const length = (await (await page.request.get('./artifacts/risk-auto.json')).body()).length;
  for (const [at, bit] of places(length, 200)) {
    const text = await openWith(page, (bytes) => {
      bytes[at] ^= bit;
      return bytes;
    });
    expect(text, `byte ${at}`).toMatch(/risk-auto\.json/);
    expect(text, `byte ${at}`).toMatch(/changed since|byte \d+: expected|unknown kind|format \d+ is not supported|expected a model/);
  }
});

test('a truncated model is refused', async ({ page }) => {
  const text = await openWith(page, (bytes) => bytes.subarray(0, bytes.length / 2));
  expect(text).toMatch(/changed since they were sealed/);
});

test('a model of a future format names found and supported', async ({ page }) => {
  const text = await openWith(page, (bytes) => Buffer.from(bytes.toString().replace(/"format": 1/, '"format": 7')));
  expect(text).toMatch(/format 7 is not supported; this version reads formats 1 to 1/);
});

test('a missing model is named', async ({ page, site }) => {
  site.expected.push(/404/);
  await page.route(MODEL, (route) => route.fulfill({ status: 404, body: 'not found' }));
  await page.goto('./');
  await expect(page.locator('[data-state=failed]')).toContainText(/risk-auto\.json/);
});
