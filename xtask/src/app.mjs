// Puts the page's own modules together: one script, and WebAssembly modules beside it.
//
//   node app.mjs FOLDER
//
// FOLDER/bound holds what wasm-bindgen made of the main module, FOLDER/split the other modules and the script that loads
// them. FOLDER/site becomes what a server sends, in a folder named by its content, so that a browser never mixes two
// builds; FOLDER/head.html the lines of the page that load it. Every module is bound to its digest.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const [bound, split, made] = ['bound', 'split', 'made'].map((name) => join(folder, name));
const MAIN = 'underglass';
const LOADER = '__wasm_split.js';

const integrity = (file) => `sha384-${createHash('sha384').update(readFileSync(file)).digest('base64')}`;
const parts = readdirSync(split).filter((name) => name.endsWith('.wasm') && name !== `${MAIN}.wasm`);

mkdirSync(made, { recursive: true });
copyFileSync(join(bound, `${MAIN}_bg.wasm`), join(made, `${MAIN}.wasm`));
parts.forEach((name) => copyFileSync(join(split, name), join(made, name)));

// The tool's loader trusts the server; ours asks for the module that was built.
const asked = new Set();
const loader = readFileSync(join(split, LOADER), 'utf8').replace(
  /fetch\(new URL\("\.\/([^"]+)", import\.meta\.url\)\)/g,
  (_, name) => {
    asked.add(name);
    return `fetch(new URL("./${name}", import.meta.url), { integrity: "${integrity(join(made, name))}" })`;
  },
);
if (parts.some((name) => !asked.has(name)) || asked.size !== parts.length) {
  throw new Error(`${LOADER} loads ${[...asked].join(', ')}; the modules are ${parts.join(', ')}`);
}
writeFileSync(join(bound, LOADER), loader);

const script = join(made, `${MAIN}.js`);
const bundle = ['--bundle', '--minify', '--format=esm', '--log-level=warning', '--log-override:duplicate-object-key=silent', `--outfile=${script}`];
execFileSync('esbuild', [join(bound, `${MAIN}.js`), ...bundle], { stdio: 'inherit' });

const content = createHash('sha256');
readdirSync(made).sort().forEach((name) => content.update(readFileSync(join(made, name))));
const home = `app-${content.digest('hex').slice(0, 16)}`;
const line = (rel, as, name) =>
  `<link rel="${rel}"${as} crossorigin href="./${home}/${name}" integrity="${integrity(join(made, name))}">\n`;
const head = line('modulepreload', '', `${MAIN}.js`) + line('preload', ' as="fetch" type="application/wasm"', `${MAIN}.wasm`);

mkdirSync(join(folder, 'site'));
renameSync(made, join(folder, 'site', home));
writeFileSync(join(folder, 'head.html'), head);
