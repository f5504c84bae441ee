import { after, before, type TestContext, test } from 'node:test';
import { Stage } from './browser.ts';
import { looksRight } from './looks.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

test('⌘K runs a check from any page, by keys alone, and answers there', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/ledger');
  await page.locator('.ledger details').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  t.assert.equal(await page.getByRole('option', { name: /^Run now/ }).count(), 0, 'checks come when asked for');
  await page.keyboard.type('run storefront');
  await page.getByRole('option', { name: /^Run now: storefront, Page answers/ }).waitFor();
  await page.keyboard.press('Enter');
  const { input } = await stage.server.called('checks.run');
  t.assert.deepEqual(input, { serviceId: 'storefront', checkId: 'page' });
  await page
    .locator('.toast')
    .getByText(/^storefront, Page answers: .* Shown and not kept\.$/)
    .waitFor();
  t.assert.match(page.url(), /\/ledger$/);
});

test('⌘K goes to a check of a service, and to what needs what', async () => {
  await using page = await stage.visit('trouble', '/');
  await page.getByRole('heading', { level: 1, name: /Orders work/ }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('backups nightly');
  await page.getByRole('option', { name: /^Backups: Nightly copy/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/backups?check=nightly');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('what needs');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/dependencies');
});

test('⌘K open: nothing for axe, wide and narrow, light and dark', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/ledger');
  await page.locator('.ledger details').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('chat');
  await looksRight(t, page, '.pal-row');
});
