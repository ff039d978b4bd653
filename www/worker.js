// A worker around one engine: moves bytes and events, computes nothing.
//
// In:  {id, op: "init", glue, module, artifact, policy?, pricing?, reasons?}, then {id, op, …} with the class's methods
//      as ops, and {id, op: "cancel", job}.
// Out: {id, ok} | {id, error: {code, message, at}} | {id, progress: {done, total}}; bulk arrays are transferred. Ops "chunk"
//      and "readSample" also say {id, size}: how much of their bytes is whole records. Progress of training also says {bytes, memory}: about
//      what the job holds, and the size of the module's memory.
//
// The page starts this script from a blob: such a worker inherits the page's content security policy.
"use strict";

let lib = null;
let memory = null;
let book = null;
let file = null;
let portfolio = null;
const cancelled = new Set();

// A message to oneself lets waiting messages, such as cancel, be heard first.
const turn = () =>
  new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(0);
  });

const fault = (code, message) => Object.assign(new Error(message), { code });

async function run(id, budget, job, step) {
  try {
    for (;;) {
      const progress = step(job, budget);
      if (progress.done >= progress.total) break;
      postMessage({ id, progress });
      await turn();
      if (cancelled.delete(id)) throw fault("cancelled", "the job was cancelled");
    }
    const result = job.finish();
    job = null;
    return result;
  } finally {
    job?.free();
  }
}

const stepRows = (job, budget) => job.step(book, budget);

// The cheapest path to approval that is found in time.
async function paths({ id, form, asOf, held, most, milliseconds }) {
  const search = book.pathJob(form, asOf, held, most);
  try {
    const until = performance.now() + milliseconds;
    for (;;) {
      const progress = search.step(book, 64);
      if (progress.done >= progress.total || performance.now() >= until) return search.answer(book);
      await turn();
      if (cancelled.delete(id)) throw fault("cancelled", "the job was cancelled");
    }
  } finally {
    search.free();
  }
}

// Between two progress messages, in milliseconds.
const BEAT = 50;

// Answers one chunk of a file. Where the next one begins is said as soon as it is known.
async function chunk({ id, bytes, from, isLast }) {
  const part = file.chunk(new Uint8Array(await bytes.arrayBuffer()), from, isLast);
  const { size } = part;
  postMessage({ id, size });
  for (let last = performance.now(); ; ) {
    const progress = part.step(book, file, 1024);
    if (progress.done >= progress.total) break;
    if (performance.now() - last > BEAT) {
      last = performance.now();
      postMessage({ id, progress });
    }
  }
  return { ...part.finish(), memory: memory.buffer.byteLength };
}

// Scores records of a file into rows of a portfolio. Where the next ones begin is said as soon as it is known.
async function readSample({ id, head, bytes, from, isLast, asOf }) {
  const [first, records] = await Promise.all([head, bytes].map(async (blob) => new Uint8Array(await blob.arrayBuffer())));
  const job = book.readJob(first, records, from ?? null, isLast, asOf);
  postMessage({ id, size: job.size });
  return run(id, 1024, job, stepRows);
}

const ops = {
  async init({ glue, module, artifact, policy, pricing, reasons }) {
    lib = await import(glue);
    ({ memory } = await lib.default({ module_or_path: module }));
    book?.free();
    portfolio?.free();
    portfolio = null;
    book = artifact ? lib.Underglass.load({ artifact, policy, pricing, reasons }) : null;
    return book ? book.info : null;
  },
  decide: ({ form, asOf }) => book.decideJson(form, asOf),
  paths,
  policyFindings: () => book.policyFindings(),
  replay: ({ receipt }) => book.replay(receipt),
  notice: ({ receipt, kind, language, parties }) => book.notice(receipt, kind, language, parties),
  view: ({ receipt, name }) => book.view(receipt, name),
  request: ({ name, body, asOf }) => book.request(name, body, asOf),
  scoreBatch: ({ id, columns, nRows }) => run(id, 4096, book.scoreJob(columns, nRows), stepRows),
  explainBatch: ({ id, columns, nRows, options }) => run(id, 2048, book.explainJob(columns, nRows, options), stepRows),
  async openFile({ head, asked }) {
    const opened = book.openFile(new Uint8Array(await head.arrayBuffer()), asked);
    file?.free();
    file = opened;
    return { header: file.header(book), start: file.start };
  },
  chunk,
  drawSample: ({ id, draw, asOf }) => run(id, 512, book.drawJob(draw, asOf), stepRows),
  readSample,
  openPortfolio({ asOf }) {
    const opened = book.portfolio(asOf);
    portfolio?.free();
    portfolio = opened;
    return portfolio.frame;
  },
  append({ bytes }) {
    portfolio.append(bytes);
    return portfolio.frame;
  },
  breakDown: ({ by }) => portfolio.breakDown(by),
  grab: ({ draft, rule }) => portfolio.grab(draft, rule),
  totals: ({ draft }) => portfolio.totals(draft),
  curve: ({ draft, benefit, risk }) => portfolio.curve(draft, benefit, risk),
  rules: ({ draft }) => ({ sums: portfolio.rules(draft) }),
  swap: ({ from, to }) => ({ sums: portfolio.swap(from, to) }),
  swapped: ({ from, to, cell, most }) => ({ rows: portfolio.swapped(from, to, cell, most) }),
  optimum: ({ draft, benefit, constraints }) => portfolio.optimum(draft, benefit, constraints),
  spread: ({ draft }) => portfolio.spread(draft),
  vintages: ({ draft, nMonths }) => portfolio.vintages(book, draft, nMonths),
  worstSlices: ({ draft, fewest, most }) => portfolio.worstSlices(draft, fewest, most),
  schema: () => book.schema,
  info: () => book.info,
  train: ({ id, csv, plan }) => run(id, 1, lib.Training.start(csv, plan), (job, budget) => job.step(budget)),
};

// What needs a portfolio that was opened.
const ON_ROWS = new Set(["append", "breakDown", "grab", "totals", "curve", "rules", "swap", "swapped", "optimum", "spread", "vintages", "worstSlices"]);

const bulk = (value) => Object.values(value ?? {}).filter(ArrayBuffer.isView).map((view) => view.buffer);

onmessage = async ({ data }) => {
  const { id, op } = data;
  if (op === "cancel") {
    cancelled.add(data.job);
    return;
  }
  try {
    if (!Object.hasOwn(ops, op)) throw fault("unknown_op", `unknown operation ${JSON.stringify(op)}`);
    if (op === "train" ? !lib?.Training : op !== "init" && !book) {
      throw fault("not_ready", op === "train" ? "this module was built without training" : "no book is loaded: send init first");
    }
    if (ON_ROWS.has(op) && !portfolio) throw fault("not_ready", "no portfolio is open: send openPortfolio first");
    const ok = await ops[op](data);
    postMessage({ id, ok }, typeof ok === "object" ? bulk(ok) : []);
  } catch (error) {
    // An instance that has trapped is of no more use, and the page shall know.
    if (error instanceof WebAssembly.RuntimeError) setTimeout(() => { throw error; });
    postMessage({ id, error: { code: error.code ?? "internal", message: String(error.message ?? error), at: error.errors ?? null } });
  } finally {
    cancelled.delete(id);
  }
};
