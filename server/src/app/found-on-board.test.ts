/** From a listener of this machine to the board and back, over the API of a real process. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';

/** The board once it is as wanted; read again with each event. */
async function boardWhen(pitwall: PitwallProcess, wanted: (board: BoardView) => boolean): Promise<BoardView> {
  const [token] = (await readFile(path.join(pitwall.dataDir, 'cli.token'), 'utf8')).split('\n');
  const end = new AbortController();
  const events = await fetch(`${pitwall.baseUrl}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: end.signal,
  });
  try {
    const read = async () => (await pitwall.call('GET', '/board')).body as unknown as BoardView;
    let board = await read();
    const reader = events.body!.getReader();
    while (!wanted(board)) {
      await reader.read();
      board = await read();
    }
    return board;
  } finally {
    end.abort();
  }
}

test('what was found is watched, taken back and left alone, and the board says so each time', async (t) => {
  const web = createServer((_, response) => response.end('<title>Spare parts</title>'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  t.after(() => web.close());
  const { port } = web.address() as AddressInfo;
  const proposalId = `http-${port}`;
  const proposed = (board: BoardView) => board.proposals.some((proposal) => proposal.proposalId === proposalId);
  const titles = (board: BoardView) => board.upNow.groups.flatMap((group) => group.services.map(({ title }) => title));
  await using pitwall = await PitwallProcess.start(undefined, { discovers: true });

  const found = await boardWhen(pitwall, proposed);
  assert.equal(found.firstRun, true);
  assert.ok(
    found.whatNext.some(({ next }) => next.target === 'found'),
    'the next things to do name what was found',
  );

  const accepted = await pitwall.call('POST', `/proposals/${proposalId}/accept`, {});
  const serviceId = String(accepted.body['serviceId']);
  const watched = await boardWhen(pitwall, (board) => titles(board).includes('Spare parts'));
  assert.equal(watched.firstRun, false);
  assert.equal(proposed(watched), false, 'what is watched is not proposed');

  await pitwall.call('DELETE', `/services/${serviceId}`, {});
  const back = await boardWhen(pitwall, proposed);
  assert.ok(!titles(back).includes('Spare parts'));

  await pitwall.call('POST', `/proposals/${proposalId}/ignore`, {});
  await boardWhen(pitwall, (board) => !proposed(board));
});
