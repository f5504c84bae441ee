import { after, before, type TestContext, test } from 'node:test';
import { phone, Stage } from './browser.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

test('results: only the failed ones, by the address too, a page at a time, and what an older failure saw', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/shop-admin-app');
  const tile = page.getByRole('region', { name: 'Results' });
  await tile.getByRole('button', { name: 'Failed' }).click();
  await page.waitForURL(/outcome=fail/);
  await tile.getByRole('img', { name: 'degraded' }).first().waitFor({ state: 'detached' });
  t.assert.equal(await tile.getByRole('img', { name: 'fail' }).count(), 8);
  await tile.getByRole('button', { name: 'Older' }).click();
  t.assert.equal(await tile.getByRole('img', { name: 'fail' }).count(), 20);
  await tile
    .getByRole('button', { name: /^as at/ })
    .first()
    .click();
  await page.getByRole('dialog').getByText('502 Bad Gateway').waitFor();
  await page.keyboard.press('Escape');
  await tile.getByRole('button', { name: 'Unknown' }).click();
  await tile.getByText('Every result said something since it is watched.').waitFor();
});

test('a failure is read whole on a phone: status, headers, body', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/shop-admin-app?outcome=fail', { viewport: phone });
  await page.getByRole('button', { name: 'answer 502' }).first().click();
  const drawer = page.getByRole('dialog');
  const body = drawer.getByLabel('Body of the answer');
  await body.scrollIntoViewIfNeeded();
  const box = (await body.boundingBox())!;
  t.assert.ok(box.x >= 0 && box.x + box.width <= phone.width, 'nothing of it lies outside the screen');
  await drawer.getByText('status 502').waitFor();
  await drawer.getByText('[redacted]').waitFor();
});
