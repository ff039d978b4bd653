// Starts the app. Trunk writes the build's file names and digests into the page's preload links; reading them here
// keeps the page free of inline script.
const glue = document.querySelector('link[rel="modulepreload"]:not([href*="/snippets/"])');
const wasm = document.querySelector('link[rel="preload"][type="application/wasm"]');

// A chosen theme holds from the first paint.
try {
  const theme = localStorage.getItem('underglass.theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed: the system's theme stands.
}

// The book's files travel beside the engine, not after it. What is missing or broken, the engine reports.
async function fetchAhead() {
  const { books } = await (await fetch('artifacts/manifest.json')).json();
  const named = new URLSearchParams(location.hash.slice(1)).get('book');
  const { model, policy, pricing, reasons } = books.find(({ name }) => name === named) ?? books[0];
  for (const { file } of [model, policy, pricing, reasons].filter(Boolean)) {
    const href = `artifacts/${file}`;
    document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href }));
  }
}

try {
  if (new URLSearchParams(location.search).has('bench')) {
    await import('./bench.js');
  } else {
    fetchAhead().catch(() => {});
    const { default: start } = await import(glue.href);
    // On a preload of this kind browsers ignore `integrity`; on the fetch itself they enforce it.
    await start({ module_or_path: fetch(wasm.href, { integrity: wasm.integrity }) });
  }
} catch (error) {
  const boot = document.getElementById('boot');
  boot?.removeAttribute('aria-busy');
  boot?.replaceChildren(`Underglass could not start: ${error.message}. Reload the page; if this text stays, the site's files are incomplete or the browser is too old.`);
  throw error;
}
