import { expect, test } from './site.mjs';

test('opens on a decision, under a path of its own', async ({ page, site }) => {
  await site.open();
  await expect(page.locator('#boot')).toHaveCount(0);
  await expect(page).toHaveTitle(/Underglass/);
});

test('loads its module once', async ({ site }) => {
  await site.open();
  const modules = site.requests.filter((url) => /app-[0-9a-f]+\/underglass\.wasm$/.test(url));
  expect(modules).toHaveLength(1);
});

test('carries no inline script and no inline style', async ({ page, site }) => {
  await site.open();
  const html = await (await page.request.get('./')).text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i);
});

// The first byte of code after the header differs: still a file of the same length, no longer the one that was built.
for (const kind of ['wasm', 'js']) {
  test(`refuses a changed .${kind} and says so`, async ({ page, site }) => {
    site.expected.push(/integrity/, /dynamically imported module/, /Failed to fetch/);
    await page.route(`**/app-*/underglass.${kind}`, async (route) => {
      const response = await route.fetch();
      const body = Buffer.concat([await response.body(), Buffer.from(kind === 'js' ? '\n' : [0, 2, 1, 0])]);
      await route.fulfill({ response, body });
    });
    await page.goto('./');
    await expect(page.locator('#boot')).toContainText('could not start');
    await expect(page.locator('[data-outcome]')).toHaveCount(0);
  });
}

test('a changed module that comes later is refused, and the decision stands', async ({ page, site }) => {
  site.expected.push(/integrity/, /Failed to fetch/);
  await page.route('**/app-*/split_evidence.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from([0, 2, 1, 0])]) });
  });
  await site.open();
  await expect(page.getByRole('alert').first()).toContainText('could not be fetched');
  await expect(page.getByTestId('answer')).toHaveAttribute('data-outcome', /.+/);
});
