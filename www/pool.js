// A pool of workers that answer a file chunk by chunk: moves bytes and events, computes nothing.
//
// A worker says where the whole records of its chunk end before it answers them, and the next chunk begins there. So the
// file is never cut inside a record, and no more of it is held than one chunk a worker. A worker that dies is replaced,
// and its chunk is given out again.

const HEAD_BYTES = 1 << 20;
const CHUNK_BYTES = 4 << 20;
// A worker that says nothing for this long is given up, in milliseconds.
const PATIENCE = 20_000;
// A worker whose memory has grown beyond this is replaced: WebAssembly's memory never shrinks.
const BUDGET = 64 << 20;
// A chunk that ends this many workers ends the job.
const MOST_DEATHS = 3;

const plus = (a, b) => ({ bytes: a.bytes + b.bytes, records: a.records + b.records, lines: a.lines + b.lines });

/**
 * Answers every row of a file. `book` has what a worker's "init" needs, and `script`, the worker's address. `hear` gets
 * {progress: {rows, bytes, workers, memory, budget, replaced}} and {counts, faults} for each chunk, and last {result: Blob} or
 * {error: {message, at}}. Returns a function that cancels.
 */
export function scoreFile({ script, ...book }, file, asked, nWorkers, hear) {
  const workers = new Set();
  const waiting = [];
  const parts = [];
  let header = null;
  // Where the next chunk begins; null while a worker is finding out.
  let frontier = null;
  let next = 0;
  let [rows, bytes, replaced] = [0, 0, 0];
  let ended = false;

  const end = (message) => {
    if (ended) return;
    ended = true;
    clearInterval(watch);
    workers.forEach(({ worker }) => worker.terminate());
    if (message) hear(message);
  };
  const fail = (message, at = null) => end({ error: { message, at } });

  const tell = () => {
    const sum = (of) => [...workers].reduce((total, member) => total + of(member), 0);
    hear({
      progress: {
        rows: rows + sum(({ job }) => job?.done ?? 0),
        bytes,
        workers: workers.size,
        memory: sum(({ memory }) => memory),
        budget: workers.size * BUDGET,
        replaced,
      },
    });
  };

  const ask = (member, message, transfer = []) => {
    member.heard = performance.now();
    member.worker.postMessage({ id: 0, ...message }, transfer);
  };

  const give = (member, job) => {
    member.job = Object.assign(job, { done: 0 });
    const to = Math.min(job.from.bytes + job.length, file.size);
    ask(member, { op: 'chunk', bytes: file.slice(job.from.bytes, to), from: job.from, isLast: to === file.size });
  };

  const feed = () => {
    for (const member of workers) {
      if (!member.ready || member.job) continue;
      if (waiting.length > 0) {
        give(member, waiting.shift());
      } else if (frontier && frontier.bytes < file.size) {
        const job = { index: next, from: frontier, length: CHUNK_BYTES, size: null, deaths: 0 };
        next += 1;
        frontier = null;
        give(member, job);
      }
    }
    const busy = waiting.length > 0 || [...workers].some(({ job }) => job);
    if (frontier && frontier.bytes >= file.size && !busy) end({ result: new Blob([header, ...parts]) });
  };

  const steps = {
    size(member, size) {
      const { job } = member;
      if (size.bytes === 0) return;
      if (!job.size) frontier = plus(job.from, size);
      job.size = size;
      feed();
    },
    progress(member, { done }) {
      member.job.done = done;
      tell();
    },
    error: (member, { message, at }) => fail(message, at),
    ok(member, ok) {
      if (!member.ready) {
        if (ok.start) {
          member.ready = true;
          header ??= ok.header;
          if (next === 0) frontier ??= ok.start;
          feed();
        } else {
          ask(member, { op: 'openFile', head: file.slice(0, HEAD_BYTES), asked });
        }
        return;
      }
      const { job } = member;
      member.job = null;
      member.memory = ok.memory;
      if (!job.size) {
        // One record is longer than the chunk.
        waiting.push({ ...job, length: 2 * job.length });
      } else {
        rows += job.size.records;
        bytes += job.size.bytes;
        // The browser may keep a blob on disk.
        parts[job.index] = new Blob([ok.lines]);
        hear({ counts: ok.counts, faults: ok.faults });
      }
      tell();
      if (ok.memory > BUDGET) {
        member.worker.terminate();
        workers.delete(member);
        start();
      }
      feed();
    },
  };

  const start = () => {
    const member = { worker: new Worker(script, { type: 'module' }), ready: false, job: null, memory: 0, heard: 0 };
    const { worker } = member;
    worker.onmessage = ({ data }) => {
      if (ended || !workers.has(member)) return;
      member.heard = performance.now();
      const step = ['size', 'progress', 'error', 'ok'].find((name) => name in data);
      steps[step]?.(member, data[step]);
    };
    worker.onerror = (event) => lose(member, event.message);
    workers.add(member);
    ask(member, { op: 'init', ...book });
  };

  const lose = (member, why) => {
    if (ended || !workers.delete(member)) return;
    member.worker.terminate();
    const { job } = member;
    replaced += 1;
    if (!job) {
      if (!member.ready) return fail(`a worker did not start: ${why}`);
    } else if (job.deaths + 1 >= MOST_DEATHS) {
      return fail(`the rows behind line ${job.from.lines} stopped ${MOST_DEATHS} workers: ${why}`);
    } else {
      waiting.unshift({ ...job, deaths: job.deaths + 1 });
    }
    tell();
    start();
  };

  const watch = setInterval(() => {
    const now = performance.now();
    for (const member of workers) {
      if ((member.job || !member.ready) && now - member.heard > PATIENCE) lose(member, 'it does not answer');
    }
  }, 1_000);

  for (let index = 0; index < nWorkers; index += 1) start();
  return () => end();
}
