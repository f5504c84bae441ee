import { after, before, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { phone, Stage, wide } from './browser.ts';
import type { Scenario } from './fake-server.ts';
import { looksRight } from './looks.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

test('the board opens with a sentence, the five tiles and one primary button', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/');
  await heading(page, 'Orders work. Chat replies have stopped.').waitFor();
  const titles = await page.locator('.grid h2').allTextContents();
  t.assert.deepEqual(titles, ['Up now', 'What next', 'Fast enough', 'Promises kept', 'Safe to lose']);
  t.assert.equal(await page.locator('.btn.pri').count(), 1);
  t.assert.equal(await page.getByText('Demo data').count(), 1);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/chatwoot-worker');
});

test('all five tiles fit on one screen', async (t: TestContext) => {
  await using page = await stage.visit('healthy', '/');
  await heading(page, 'Everything works.').waitFor();
  const bottom = await page.locator('.t-safe').evaluate((tile) => tile.getBoundingClientRect().bottom);
  t.assert.ok(bottom <= wide.height, `the last tile ends at ${bottom}`);
});

for (const viewport of [wide, phone]) {
  test(`a long name of a check stays in its tile, ${viewport.width} px wide`, async (t: TestContext) => {
    await using page = await stage.visit('healthy', '/');
    await page.setViewportSize(viewport);
    const row = page.locator('.t-fast tbody tr').first();
    await row.locator('.nm a').evaluate((link) => {
      link.textContent = 'Agent service: Approval queue of the night shift';
    });
    const [tile, table] = await Promise.all(
      ['.t-fast', '.t-fast table'].map((part) => page.locator(part).evaluate((el) => el.getBoundingClientRect().right)),
    );
    t.assert.ok(table! <= tile! + 0.5, `the table ends at ${table}, its tile at ${tile}`);
  });
}

test('a calm day says that nothing needs doing, where the next step stands', async (t: TestContext) => {
  await using page = await stage.visit('healthy', '/');
  await heading(page, 'Everything works.').waitFor();
  t.assert.equal(await page.locator('.btn.pri').count(), 0);
  await page.locator('.verdict .facts').getByText('Next step').waitFor();
});

test('a check run as the next step answers where it was asked', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/shop-admin-app');
  await page.locator('.ta canvas').first().waitFor();
  await page.keyboard.press('Enter');
  t.assert.equal((await stage.server.called('checks.run')).input.checkId, 'page');
  await page
    .locator('.toast')
    .getByText(/^Run just now: .*Shown and not kept\.$/)
    .waitFor();
});

test('a service that is not there is no error to try again', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services');
  stage.server.refuse('services.get', 404, 'not-found', 'There is no service redis');
  await page.getByRole('link', { name: /^redis$/i }).click();
  await page.getByText('No service is called redis.').waitFor();
  t.assert.equal(await page.getByRole('button', { name: 'Retry' }).count(), 0);
  await page.getByRole('link', { name: 'All services' }).click();
  await heading(page, /services$/).waitFor();
});

test('arrow keys walk the days of a strip, each with a sentence', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/');
  const strip = page.getByRole('slider', { name: 'chatwoot-worker, last 90 days' });
  await strip.focus();
  t.assert.match((await strip.getAttribute('aria-valuetext')) ?? '', /: down 28\smin, slow or impaired 5\smin$/);
  await page.keyboard.press('ArrowLeft');
  t.assert.match((await strip.getAttribute('aria-valuetext')) ?? '', /: up all day$/);
});

test('a proposal is watched with one click, and taken back with another', async (t: TestContext) => {
  await using page = await stage.visit('first-run', '/');
  await page.getByRole('button', { name: 'Watch Chatwoot' }).click();
  t.assert.deepEqual((await stage.server.called('proposals.accept')).input, { proposalId: 'p-3100' });
  await page.locator('.t-up').getByText('Chatwoot').waitFor();
  t.assert.equal(await page.getByRole('button', { name: 'Watch Chatwoot' }).count(), 0);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  t.assert.deepEqual((await stage.server.called('services.remove')).input, { serviceId: 'Chatwoot' });
  await page.getByRole('button', { name: 'Watch Chatwoot' }).waitFor();
});

test('a refused write says why and stays', async () => {
  await using page = await stage.visit('first-run', '/');
  stage.server.refuse('proposals.accept', 409, 'conflict', 'Chatwoot is watched already.');
  await page.getByRole('button', { name: 'Watch Chatwoot' }).click();
  await page.getByRole('alert').getByText('Chatwoot is not watched: Chatwoot is watched already.').waitFor();
  await page.clock.fastForward(30_000);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.locator('.toast').waitFor({ state: 'detached' });
});

test('an address is looked at once, and kept on a yes', async (t: TestContext) => {
  await using page = await stage.visit('first-run', '/');
  await page.getByLabel('Watch your shop').fill('shop.example');
  await page.keyboard.press('Enter');
  await page.getByText('shop.example answers.').waitFor();
  t.assert.equal(stage.server.calls.filter(({ name }) => name === 'services.create').length, 0);
  await page.getByRole('button', { name: 'Watch it' }).click();
  t.assert.deepEqual((await stage.server.called('services.create')).input, { address: 'https://shop.example' });
  await page.locator('.t-up').getByText('shop.example').waitFor();
});

test('who is told: the secret is shown once, and a test can be sent', async (t: TestContext) => {
  await using page = await stage.visit('first-run', '/');
  await heading(page, /This machine is well/).waitFor();
  await page.keyboard.press('Enter');
  await page.getByLabel('Webhook address').fill('https://chat.example/hooks/1');
  await page.getByRole('button', { name: 'Tell it' }).click();
  t.assert.deepEqual((await stage.server.called('channels.create')).input, { url: 'https://chat.example/hooks/1' });
  await page.getByText(/^whsec_/).waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  t.assert.deepEqual((await stage.server.called('channels.test')).input, { channelId: 'c9' });
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByText(/^whsec_/).waitFor({ state: 'detached' });
});

test('silence: stale after 10 s, not known after a minute, well again with the next event', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/');
  await heading(page, /Orders work/).waitFor();
  await page.getByText(/^Live, /).waitFor();
  stage.server.beating = false;
  await page.clock.fastForward(15_000);
  await page.getByText(/^Last seen .* ago$/).waitFor();
  await heading(page, /Orders work/).waitFor();
  t.assert.equal(await page.locator('main.is-stale').count(), 1);
  await page.clock.fastForward(50_000);
  await heading(page, /^Not known since .* UTC\.$/).waitFor();
  // Pressed before there is news: with the first of it the button is gone.
  await page.getByRole('button', { name: /Try now/ }).click();
  stage.server.beating = true;
  await heading(page, /Orders work/).waitFor();
});

test('without a way through, reading works and writing is off with its reason', async (t: TestContext) => {
  await using page = await stage.visit('first-run', '/');
  const watch = page.getByRole('button', { name: 'Watch Chatwoot' });
  await watch.waitFor();
  // An event that is on its way still arrives, and would say for a moment that there is a way.
  stage.server.beating = false;
  await page.context().setOffline(true);
  await page.getByText('You are offline: you can read, not change.').waitFor();
  t.assert.equal(await watch.isDisabled(), true);
  t.assert.match((await watch.getAttribute('title')) ?? '', /nothing you press is kept/);
  await page.context().setOffline(false);
  await page.locator('.ban').waitFor({ state: 'detached' });
});

test('an event brings fresh figures without a reload', async () => {
  await using page = await stage.visit('first-run', '/');
  await heading(page, /This machine is well/).waitFor();
  stage.server.scenario = 'healthy';
  stage.server.send({ type: 'changed', atMs: Date.now(), what: 'status' });
  await page.clock.fastForward(1_500);
  await heading(page, 'Everything works.').waitFor();
});

test('the service page: one axis, its table, its ranges, its evidence', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/shop-admin-app');
  await page.locator('.ta canvas').first().waitFor();
  t.assert.equal(await page.locator('.ta canvas').count(), 2);
  await page.keyboard.press('t');
  await page.getByRole('region', { name: 'The axis as a table' }).waitFor();
  t.assert.ok((await page.locator('.series-table tbody tr').count()) > 100);
  await page.keyboard.press('t');
  await page.keyboard.press(']');
  await page.getByRole('heading', { name: 'A day on one axis' }).waitFor();
  await page.getByRole('button', { name: 'Run now: Its port' }).click();
  t.assert.deepEqual((await stage.server.called('checks.run')).input, { serviceId: 'shop-admin-app', checkId: 'port' });
  await page.getByText(/shown and not kept/).waitFor();
  await page.keyboard.press('e');
  const drawer = page.getByRole('dialog');
  await drawer.getByText('502 Bad Gateway').waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  t.assert.match(page.url(), /services\/shop-admin-app/);
});

test('⌘K finds a service, G goes, and single keys can be off', async () => {
  await using page = await stage.visit('trouble', '/');
  await heading(page, /Orders work/).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('redi');
  // Its checks are offered below it.
  await page.getByRole('option', { name: /redis/ }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/redis');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.waitForURL('**/ledger');
  await page.keyboard.press('?');
  await page.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await heading(page, 'Ledger').waitFor();
});

test('a start link logs in and leaves the address bar; without a session the page says how', async (t: TestContext) => {
  await using page = await stage.visit('healthy', '/#token=abcdefghijklmnopqrstuvwxyz');
  await heading(page, 'Everything works.').waitFor();
  t.assert.equal((await stage.server.called('session.create')).input.token, 'abcdefghijklmnopqrstuvwxyz');
  t.assert.doesNotMatch(page.url(), /token/);
  await using stranger = await stage.visit('logged-out', '/');
  await stranger.getByText('./pitwall url').waitFor();
  await stranger.getByLabel('Or paste the link here').fill('http://127.0.0.1:4400/');
  await stranger.keyboard.press('Enter');
  await stranger
    .getByRole('alert')
    .getByText(/no start link/)
    .waitFor();
});

test('what cannot be read says what failed, with its code and Retry', async () => {
  await using page = await stage.visit('error', '/');
  await page.clock.fastForward(1_000);
  await page.clock.fastForward(2_000);
  await page.getByText('store-failed').waitFor();
  stage.server.scenario = 'healthy';
  await page.getByRole('button', { name: 'Retry' }).click();
  await heading(page, 'Everything works.').waitFor();
});

const looks: readonly [Scenario, string, string][] = [
  ['first-run', '/', '.t-found'],
  ['healthy', '/', '.t-safe'],
  ['trouble', '/', '.t-safe'],
  ['empty', '/', '.t-safe'],
  ['loading', '/', '.t-safe'],
  ['trouble', '/services', '.services td'],
  ['trouble', '/services?status=trouble&q=chat', '.services td'],
  ['trouble', '/dependencies', '.deps header'],
  ['trouble', '/dependencies?of=postgres', '.deps header'],
  ['trouble', '/services/shop-admin-app', '.ta canvas'],
  ['trouble', '/services/shop-admin-app?table=true', '.series-table td'],
  ['trouble', '/services/shop-admin-app?range=90d', '.ta canvas'],
  ['trouble', '/services/shop-admin-app?outcome=fail', '.t-results .ev'],
  ['trouble', '/services/backups', '.job-reports details'],
  ['trouble', '/services/night', '.members a'],
  ['trouble', '/ledger', '.ledger details'],
  ['trouble', '/told', '.told-sent td'],
  ['logged-out', '/', '.login'],
];

for (const [scenario, path, ready] of looks) {
  test(`${scenario} ${path}: nothing for axe and no sideways scroll, wide and narrow, light and dark`, async (t: TestContext) => {
    await using page = await stage.visit(scenario, path);
    await looksRight(t, page, ready);
  });
}
