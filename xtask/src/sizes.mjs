// Prints what a visitor downloads until the first decision stands on the page: file, bytes, bytes after gzip and brotli.
//
//   node sizes.mjs SITE BAR [--strict]
//
// BAR is the most that the gzip column may sum to; --strict fails above it.
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const [site, bar, strict] = process.argv.slice(2);

const page = readFileSync(join(site, 'index.html'), 'utf8');
const linked = [...page.matchAll(/<(?:link|script)\b[^>]*?\b(?:href|src)=["']?([^"'\s>]+)/g)].map((match) => match[1]);

const manifest = JSON.parse(readFileSync(join(site, 'artifacts/manifest.json'), 'utf8'));
const { model, policy, pricing, reasons } = manifest.books[0];
const artifacts = ['manifest.json', ...[model, policy, pricing, reasons].filter(Boolean).map(({ file }) => file)];

const files = [...new Set(['index.html', ...linked, ...artifacts.map((file) => `artifacts/${file}`)].map(normalize))];
const rows = files.map((file) => {
  const bytes = readFileSync(join(site, file));
  return [file, bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
});
const total = rows.reduce((sum, row) => sum.map((n, i) => n + row[i + 1]), [0, 0, 0]);

const print = (name, ...numbers) =>
  console.log(name.padEnd(52) + numbers.map((n) => n.toLocaleString('en-US').padStart(12)).join(''));
console.log('bytes to the first decision'.padEnd(52) + ['raw', 'gzip', 'brotli'].map((s) => s.padStart(12)).join(''));
rows.forEach((row) => print(...row));
print('sum', ...total);

const over = total[1] - Number(bar);
print(over > 0 ? 'over the bar by' : 'below the bar by', Math.abs(over));
if (strict && over > 0) {
  console.error(`The first decision needs ${total[1]} bytes after gzip; at most ${bar} are allowed.`);
  process.exit(1);
}
