import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './site.mjs';

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 320]) {
    test(`axe finds nothing, ${colorScheme}, ${width} px`, async ({ page, site }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await site.open();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(', ')}`);
      expect(found).toEqual([]);
    });
  }
}
