import { after, before, type TestContext, test } from 'node:test';
import { byTrouble, matches, readSearch } from '../src/services/filters.ts';
import { Stage } from './browser.ts';
import { service } from './canned.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

const rows = (page: { locator(selector: string): { allTextContents(): Promise<string[]> } }) =>
  page.locator('.services .svc a').allTextContents();

test('filters stand in the address, the count is told, and the keyboard is enough', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services?kind=heartbeat');
  await page.locator('.services .svc a').first().waitFor();
  t.assert.deepEqual(await rows(page), ['Backups']);
  await page
    .getByRole('status')
    .getByText(/^1 of \d+ shown/)
    .waitFor();
  await page.getByRole('button', { name: 'Show all' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/services$/);
  const all = await rows(page);
  await page.keyboard.type('redis');
  await page.waitForURL(/q=redis/);
  await page.getByRole('status').getByText(`1 of ${all.length} shown`).waitFor();
  t.assert.deepEqual(await rows(page), ['redis']);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('nowhere');
  await page.getByText('No service is like that.').waitFor();
  await page.reload();
  await page.getByText('No service is like that.').waitFor();
});

test('trouble comes first in the list', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services');
  await page.locator('.services .svc a').first().waitFor();
  const states = await page.locator('.services .state .vh').allTextContents();
  const order = ['down: ', 'slow or impaired: ', 'unknown: ', 'in maintenance: ', 'up: '];
  t.assert.deepEqual(
    states,
    states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
  );
  t.assert.equal(states[0], 'down: ');
});

const row = service(0, 'shop', 'Shop', 'degraded', 'Slow', { tile: 'cx', origin: 'page' });
for (const { why, search, shown } of [
  { why: 'nothing chosen shows all', search: {}, shown: true },
  { why: 'trouble is down and degraded', search: { status: 'trouble' }, shown: true },
  { why: 'another status hides it', search: { status: 'up' }, shown: false },
  { why: 'a status that there is not is no filter', search: { status: 'sad' }, shown: true },
  { why: 'all that is chosen must hold', search: { tile: 'cx', origin: 'config' }, shown: false },
  { why: 'the kind of any of its checks counts', search: { kind: 'http' }, shown: true },
  { why: 'words are found in any order, in checks too', search: { q: 'answers SHOP' }, shown: true },
  { why: 'a number that was typed is a text', search: { q: 404 }, shown: false },
])
  test(`a filter in the address: ${why}`, (t: TestContext) => t.assert.equal(matches(row, readSearch(search)), shown));

test('of the same trouble the weightier comes first, then the longer', (t: TestContext) => {
  const one = (id: string, criticality: 'P0' | 'P2', sinceMs: number) =>
    service(0, id, id, 'down', 'Down', { criticality, sinceMs });
  const sorted = byTrouble([one('new', 'P2', 9), one('old', 'P2', 1), one('weighty', 'P0', 9)]);
  t.assert.deepEqual(
    sorted.map(({ serviceId }) => serviceId),
    ['weighty', 'old', 'new'],
  );
});
