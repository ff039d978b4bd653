// The reference libraries' answers once more, in the browser: the same judge as natively, compiled to wasm.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from './site.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = [process.env.UNDERGLASS_GOLDEN, join(root, '../shared/golden'), join(root, 'crates/golden/cases')]
  .find((path) => path && existsSync(path));

const files = readdirSync(folder, { withFileTypes: true })
  .filter((kind) => kind.isDirectory() && kind.name !== 'trees' && kind.name !== 'csv')
  .flatMap((kind) => readdirSync(join(folder, kind.name)).filter((file) => file.endsWith('.json')).map((file) => [kind.name, file]));

test('golden files are met in the browser', async ({ page, site }) => {
  await page.route('**/golden/*', (route) =>
    route.fulfill({ path: join(root, 'target/golden', new URL(route.request().url()).pathname.split('/').at(-1)) }));
  await site.open();
  let ran = 0;
  for (const [kind, file] of files) {
    const line = await page.evaluate(async ([kind, name, text]) => {
      const { default: init, judge } = await import(new URL('golden/underglass_golden.js', document.baseURI));
      await init();
      return judge(kind, name, new TextEncoder().encode(text));
    }, [kind, file.replace('.json', ''), readFileSync(join(folder, kind, file), 'utf8')]);
    if (line) {
      console.log(line);
      ran += 1;
    }
  }
  expect(ran).toBeGreaterThanOrEqual(3);
});
