import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium = process.env.CHROMIUM
  ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

// `cargo xtask test` serves the built site and says where. Run by hand, the same server is started from here.
const byHand = 'http://127.0.0.1:4173/a/nested/path/';

export default defineConfig({
  testMatch: '*.spec.mjs',
  outputDir: 'test-results',
  reporter: 'list',
  forbidOnly: Boolean(process.env.CI),
  use: {
    baseURL: process.env.UNDERGLASS_SITE ?? byHand,
    launchOptions: { executablePath: chromium },
    // Chromium's sandbox refuses to work for root.
    chromiumSandbox: process.getuid?.() !== 0,
  },
  webServer: process.env.UNDERGLASS_SITE
    ? undefined
    : { command: 'cargo xtask serve --port 4173 --prefix a/nested/path', url: byHand, reuseExistingServer: true },
});
