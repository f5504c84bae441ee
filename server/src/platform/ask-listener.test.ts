import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { askListener } from './ask-listener.ts';
import { systemClock } from './clock.ts';

/** In a thread of its own: it answers while this one is busy. */
const answers = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    socket.once('data', (question) => socket.end('heard ' + question));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('a listener that answers at once is not taken for a silent one because Pitwall itself was busy meanwhile', async (t) => {
  const worker = new Worker(answers, { eval: true });
  t.after(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  const asking = askListener({ address: '127.0.0.1', port, send: Buffer.from('you'), listenFirstMs: 150 }, systemClock);
  // A start that takes longer than the two seconds a listener has.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_200);
  const { connected, spokeFirst, bytes } = await asking;
  assert.deepEqual([connected, spokeFirst, bytes.toString()], [true, false, 'heard you']);
});
