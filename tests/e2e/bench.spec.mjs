// `?bench` measures the product's half on the visitor's machine.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './site.mjs';

test('?bench shows what this machine does', async ({ page, site }) => {
  test.setTimeout(60_000);
  await page.goto('./?bench');
  await expect(page.getByRole('heading', { name: 'Speed on this machine' })).toBeVisible();
  await expect(page.getByRole('status')).toContainText('Medians', { timeout: 40_000 });
  const rows = page.getByRole('row');
  await expect(rows).toHaveCount(5);
  for (const cells of (await rows.allInnerTexts()).slice(1)) {
    const [what, micro, perSecond] = cells.split('\t');
    expect(Number(micro), what).toBeGreaterThan(0);
    expect(Number(perSecond.replaceAll(',', '')) * Number(micro), what).toBeCloseTo(1e6, -5);
  }
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect(site.errors).toEqual([]);
  await page.getByRole('link', { name: 'To the decisions' }).click();
  await expect(page.locator('[data-outcome]').first()).toBeVisible();
});
