// What every spec starts from: `test` with a `site` that watches the page.
//
// A test fails when the page asked another origin for anything, or when it logged an error that the test did not
// expect.
import { expect, test as base } from '@playwright/test';

export { expect };

export const test = base.extend({
  site: [
    async ({ page, context, baseURL }, use) => {
      const { origin } = new URL(baseURL);
      const site = {
        origin,
        /** Addresses of all requests, by page and workers, in order. */
        requests: [],
        /** Requests that left for another origin; what the page's policy stops is never sent. */
        foreign: [],
        /** What the page logged as an error or threw. */
        errors: [],
        /** Errors that the test provokes. */
        expected: [],
        /** Opens the site, at `hash` if given, and waits until a decision stands there. */
        async open(hash = '') {
          await page.goto(`./${hash}`);
          await expect(page.locator('[data-outcome]').first()).toBeVisible();
        },
      };
      context.on('request', (request) => site.requests.push(request.url()));
      await context.route(
        (url) => url.origin !== origin && url.protocol.startsWith('http'),
        (route) => {
          site.foreign.push(route.request().url());
          return route.abort();
        },
      );
      page.on('console', (message) => message.type() === 'error' && site.errors.push(message.text()));
      page.on('pageerror', (error) => site.errors.push(String(error)));

      await use(site);

      expect(site.foreign, 'requests to another origin').toEqual([]);
      const unexpected = site.errors.filter((text) => !site.expected.some((pattern) => pattern.test(text)));
      expect(unexpected, 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});
