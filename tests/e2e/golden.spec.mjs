// The reference libraries' answers once more, in the browser: the same judge as natively, compiled to wasm.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from './site.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = [process.env.UNDERGLASS_GOLDEN, join(root, '../shared/golden'), join(root, 'crates/golden/cases')]
  .find((path) => path && existsSync(path));

const files = readdirSync(folder, { withFileTypes: true })
  .filter((kind) => kind.isDirectory() && !['trees', 'csv', 'counterfactual'].includes(kind.name))
  .flatMap((kind) => readdirSync(join(folder, kind.name)).filter((file) => file.endsWith('.json'))
    .map((file) => [kind.name, file.replace('.json', ''), readFileSync(join(folder, kind.name, file))]));

// A CSV file's case is its entry in the manifest, as one line, and the file.
const manifest = join(folder, 'csv/manifest.json');
const tables = (existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).files : [])
  .map((entry) => ['csv', entry.file, Buffer.concat([
    Buffer.from(`${JSON.stringify(entry)}\n`), readFileSync(join(folder, 'csv', entry.file))])]);

// A model's case is the length of its expected answers, these, and the library's file.
const casesIn = (kind, name) =>
  readdirSync(join(folder, kind, name)).filter((file) => /^model\.(json|ubj|txt|onnx)$/.test(file)).map((file) => {
    const expected = readFileSync(join(folder, kind, name, 'expected.json'));
    return [kind, join(name, file), Buffer.concat([
      Buffer.from(`${expected.length}\n`), expected, readFileSync(join(folder, kind, name, file))])];
  });
const foldersOf = (kind) => (existsSync(join(folder, kind)) ? readdirSync(join(folder, kind), { withFileTypes: true }) : [])
  .filter((entry) => entry.isDirectory());
const models = [
  ...foldersOf('trees').flatMap(({ name }) => casesIn('trees', name)),
  ...(existsSync(join(folder, 'counterfactual')) ? casesIn('counterfactual', '') : []),
];

test('golden files are met in the browser', async ({ page, site }) => {
  await page.route('**/golden/*', (route) =>
    route.fulfill({ path: join(root, 'target/golden', new URL(route.request().url()).pathname.split('/').at(-1)) }));
  await site.open();
  let ran = 0;
  for (const [kind, name, bytes] of [...files, ...tables, ...models]) {
    const line = await page.evaluate(async ([kind, name, base64]) => {
      const { default: init, judge } = await import(new URL('golden/underglass_golden.js', document.baseURI));
      await init();
      return judge(kind, name, Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
    }, [kind, name, bytes.toString('base64')]);
    if (line) {
      console.log(line);
      ran += 1;
    }
  }
  expect(ran).toBeGreaterThanOrEqual(3 + tables.length + models.length);
});
