import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './site.mjs';

// How each view is reached, and what stands there once it is whole.
const views = {
  Decide: (page) => expect(page.getByTestId('ways')).toContainText(/Proven|best found/),
  'Decide, in money': async (page) => {
    await page.getByRole('button', { name: 'Money' }).click();
    await expect(page.getByTestId('why-money')).toBeVisible();
  },
  Portfolio: async (page) => {
    await page.getByRole('button', { name: 'Portfolio' }).click();
    await expect(page.getByTestId('curve')).toContainText('earns', { timeout: 30_000 });
  },
  'Score a file': async (page) => {
    await page.getByRole('button', { name: 'Score a file' }).click();
    await expect(page.getByTestId('file-name')).toBeVisible();
  },
};

for (const [view, open] of Object.entries(views)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1440, 320]) {
      test(`axe finds nothing, ${view}, ${colorScheme}, ${width} px`, async ({ page, site }) => {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await site.open();
        await open(page);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(', ')}`);
        expect(found).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
    }
  }
}
