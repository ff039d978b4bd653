// Nothing leaves the tab: a foreign request is planted in each place that could send one, and each is refused.
import { expect, test } from './site.mjs';

const FOREIGN = 'https://elsewhere.invalid/collect';

test.beforeEach(async ({ site }) => {
  site.expected.push(/Content Security Policy/);
  await site.open();
});

test('a foreign fetch from the page is refused by the policy', async ({ page }) => {
  const outcome = await page.evaluate(async (url) => {
    const violation = new Promise((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true }));
    const answer = await fetch(url, { mode: 'no-cors' }).then(() => 'sent', (error) => error.name);
    return [answer, await violation];
  }, FOREIGN);
  expect(outcome).toEqual(['TypeError', 'connect-src']);
});

test('a foreign fetch from a blob: worker is refused by the policy', async ({ page }) => {
  const outcome = await page.evaluate((url) => {
    const source = `
      addEventListener('securitypolicyviolation', (event) => postMessage(event.effectiveDirective));
      fetch(${JSON.stringify(url)}, { mode: 'no-cors' }).then(() => postMessage('sent'), (error) => postMessage(error.name));`;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
    const heard = [];
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => heard.push(data) === 2 && resolve(heard.sort());
    });
  }, FOREIGN);
  expect(outcome).toEqual(['TypeError', 'connect-src']);
});

for (const [what, plant] of Object.entries({
  image: (url) => { new Image().src = url; },
  script: (url) => { document.head.append(Object.assign(document.createElement('script'), { src: url })); },
  stylesheet: (url) => { document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url })); },
  frame: (url) => { document.body.append(Object.assign(document.createElement('iframe'), { src: url })); },
  beacon: (url) => { navigator.sendBeacon(url, 'x'); },
})) {
  test(`a foreign ${what} is refused by the policy`, async ({ page }) => {
    await page.evaluate(() => {
      window.violation = new Promise((resolve) =>
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.blockedURI), { once: true }));
    });
    await page.evaluate(plant, FOREIGN);
    expect(await page.evaluate(() => window.violation)).toContain('https://elsewhere.invalid');
  });
}
