/** A list that is read page by page is the list: nothing twice, nothing left out, and no empty page at the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';

type Row = Readonly<Record<string, unknown>>;

test('pages of one row each add up to the whole list', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile);
  await pitwall.untilStatus('shop', 'up');
  page.status = 503;
  await page.receiver.received(1);
  page.status = 200;
  await page.receiver.received(2);
  // The list of services is in the order of their status.
  await pitwall.untilStatus('pitwall', 'up');
  await pitwall.untilStatus('host', 'up');
  // Only what is settled: the list of results grows meanwhile, and one that is under way belongs before newer ones.
  const { body } = await pitwall.call('GET', '/board/brief');
  const settledMs = Number(body.atMs) - 3_000;
  for (const { place, list, key, cursor, from } of [
    { place: '/services', list: 'services', key: 'serviceId', cursor: 'afterId', from: undefined },
    { place: '/messages', list: 'messages', key: 'id', cursor: 'beforeId', from: undefined },
    { place: '/transitions?subject=shop', list: 'transitions', key: 'id', cursor: 'beforeId', from: undefined },
    { place: '/ledger?by=people', list: 'entries', key: 'id', cursor: 'beforeId', from: undefined },
    {
      place: '/services/shop/checks/page/results',
      list: 'results',
      key: 'slotMs',
      cursor: 'beforeMs',
      from: settledMs,
    },
  ]) {
    const next = `next${cursor[0]!.toUpperCase()}${cursor.slice(1)}`;
    const read = async (limit: number, at: unknown) => {
      const query = `limit=${limit}${at === undefined ? '' : `&${cursor}=${at}`}`;
      const { status, body: answer } = await pitwall.call('GET', `${place}${place.includes('?') ? '&' : '?'}${query}`);
      assert.equal(status, 200, place);
      return { keys: (answer[list] as Row[]).map((row) => row[key]), next: answer[next] };
    };
    const whole = await read(200, from);
    assert.equal(whole.next, null, `${place}: one page holds it all`);
    assert.ok(whole.keys.length >= 1, place);
    const found: unknown[] = [];
    let at: unknown = from;
    do {
      const one = await read(1, at);
      assert.equal(one.keys.length, 1, `${place}: no page is empty`);
      found.push(...one.keys);
      at = one.next;
    } while (at !== null);
    assert.deepEqual([...found].sort(), [...whole.keys].sort(), place);
    assert.equal(new Set(found).size, found.length, place);
    const exact = await read(whole.keys.length, from);
    assert.equal(exact.next, null, `${place}: a page that just fits is the last`);
  }
});
