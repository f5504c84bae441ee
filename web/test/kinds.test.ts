import { after, before, type TestContext, test } from 'node:test';
import { groupOf, needsWords } from '../src/service/group-words.ts';
import { Stage } from './browser.ts';
import { jobToken } from './canned-kinds.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(async () => {
  await stage[Symbol.asyncDispose]();
});

test('a job shows its reports and when the next is due; its address only to who asks for it', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/backups');
  const reports = page.getByRole('region', { name: 'Reports' });
  const failed = reports.getByRole('row', { name: /failed, exit code 3/ });
  await failed.waitFor();
  t.assert.match((await failed.textContent()) ?? '', /copy-2210[\s\S]*41\ss[\s\S]*connection to server lost/);
  await failed.locator('summary').click();
  await failed.getByText('dumping agent').waitFor();
  await reports
    .getByText(/, in 1[12] h/)
    .first()
    .waitFor();
  t.assert.doesNotMatch(await page.content(), new RegExp(jobToken), 'nobody asked for the address yet');
  t.assert.match(
    (await page.getByLabel('Line of a crontab', { exact: true }).textContent()) ?? '',
    /^30 2 \* \* \* .*\/\$\?$/,
  );
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByText(`http://127.0.0.1:4400/beat/${jobToken}`, { exact: true }).waitFor();
  t.assert.match(
    (await page.getByLabel('Lines of a systemd unit', { exact: true }).textContent()) ?? '',
    new RegExp(jobToken),
  );
});

test('the address of a job is copied without being shown, by the toast neither', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/backups');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the address' }).click();
  await page.getByText('Copied: the address of the job').waitFor();
  t.assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`/beat/${jobToken}$`));
  t.assert.doesNotMatch(await page.content(), new RegExp(jobToken));
});

test('what is judged from what is known has no answer time, on the axis and in its table', async (t: TestContext) => {
  await using page = await stage.visit('trouble', '/services/night');
  await page.locator('.ta canvas').first().waitFor();
  t.assert.equal(await page.locator('.ta').getByText('Answer time').count(), 0);
  await page.keyboard.press('t');
  await page.locator('.series-table td').first().waitFor();
  t.assert.equal(await page.getByRole('columnheader', { name: 'p95' }).count(), 0);
});

test('a group names its members with what they are, each a link, and what is gone as not known', async () => {
  await using page = await stage.visit('trouble', '/services/night');
  const members = page.getByRole('region', { name: 'Members' });
  await members.getByText('3 of 5, counted by weight, must be well').waitFor();
  await members.getByRole('listitem').filter({ hasText: 'gone' }).getByText('unknown').waitFor();
  await members.getByRole('listitem').filter({ hasText: 'Backups' }).getByText('down').waitFor();
  await members.getByRole('link', { name: 'Backups' }).click();
  await page.waitForURL('**/services/backups');
  await page.getByRole('button', { name: 'Show it' }).waitFor();
});

for (const { why, spec, words } of [
  { why: 'nothing said is all', spec: { members: ['a', 'b'] }, words: 'all must be well' },
  {
    why: 'a majority is more than half',
    spec: { members: ['a'], needs: 'majority' },
    words: 'more than half must be well',
  },
  {
    why: 'a number without weights counts heads',
    spec: { members: ['a', 'b'], needs: 1 },
    words: '1 of 2 must be well',
  },
  {
    why: 'a variable in place of a number is shown as it was written',
    spec: { members: ['a', 'b'], needs: '${NEEDED}' },
    words: '${NEEDED} of 2 must be well',
  },
])
  test(`what a group needs: ${why}`, (t: TestContext) => t.assert.equal(needsWords(groupOf(spec)), words));
