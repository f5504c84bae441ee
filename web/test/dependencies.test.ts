import { after, before, type TestContext, test } from 'node:test';
import { pictureOf } from '../src/dependencies/layout.ts';
import { phone, Stage } from './browser.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

const shop = [
  { serviceId: 'db', dependsOn: [] },
  { serviceId: 'web', dependsOn: ['api', 'images', 'gone'] },
  { serviceId: 'api', dependsOn: ['db'] },
  { serviceId: 'images', dependsOn: [] },
  { serviceId: 'staff', dependsOn: ['db'] },
  { serviceId: 'blog', dependsOn: [] },
];
const layers = (of?: string) =>
  Object.fromEntries(pictureOf(shop, of).placed.map(({ service, layer }) => [service.serviceId, layer]));

test('what is needed stands right of all who need it, also by a longer way', (t: TestContext) => {
  t.assert.deepEqual(layers(), { web: 0, staff: 0, api: 1, images: 1, db: 2 });
});

test('of one service only what it needs and what needs it, by whatever way', (t: TestContext) => {
  t.assert.deepEqual(layers('api'), { web: 0, api: 1, db: 2 });
});

test('what hangs on nothing is told apart, and what is not watched is no line', (t: TestContext) => {
  const { alone, edges } = pictureOf(shop);
  t.assert.deepEqual(
    alone.map(({ serviceId }) => serviceId),
    ['blog'],
  );
  t.assert.equal(edges.length, 4);
});

test('a circle ends, and each of it has a place of its own', (t: TestContext) => {
  const { placed } = pictureOf([
    { serviceId: 'a', dependsOn: ['b'] },
    { serviceId: 'b', dependsOn: ['c'] },
    { serviceId: 'c', dependsOn: ['a', 'c'] },
  ]);
  t.assert.equal(new Set(placed.map(({ layer, row }) => `${layer} ${row}`)).size, 3);
});

test('from a service to its picture and on, with statuses', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/shop-admin-app');
  await page.getByRole('link', { name: 'All of them' }).click();
  await page.waitForURL('**/dependencies?of=shop-admin-app');
  const graph = page.getByRole('region', { name: 'Who needs whom' });
  const agent = graph.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'shop-agent-service' }) });
  t.assert.match((await agent.textContent()) ?? '', /needs shop-admin-app/);
  t.assert.equal(await graph.locator('path.l-degraded').count(), 2, 'the lines to what is slow');
  await graph.getByRole('link', { name: 'redis' }).click();
  await page.waitForURL('**/services/redis');
});

test('on a phone each service stands above what it needs', async () => {
  await using page = await stage.visit('trouble', '/dependencies', { viewport: phone });
  const list = page.locator('.deps-list ul').filter({ hasText: 'shop-agent-service' }).first();
  await list.getByRole('link', { name: 'chatwoot-web', exact: true }).waitFor();
});
