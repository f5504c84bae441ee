/** Is it me or them, with a real link that is cut: what is told of twenty services that nothing can be known of. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type CutReport, farServices } from '../../../testkit/cut-world.ts';
import { root, run } from '../../../tools/run.ts';

let report: CutReport;

before(async () => {
  const script = `ip link set lo up && exec sh "$1/tools/with-node.sh" "$1/testkit/cut-world.ts"`;
  const { exitCode, output } = await run('unshare', ['--map-root-user', '--net', 'sh', '-c', script, 'sh', root], true);
  assert.equal(exitCode, 0, `no world with a way out could be made (it needs unshare and ip): ${output}`);
  report = JSON.parse(output.trim().split('\n').at(-1)!) as CutReport;
});

for (const [index, why] of [
  'a link that is taken down with its routes',
  'a cable that is pulled at the other end',
].entries()) {
  test(`${why} makes everything beyond it unknown, and the page says why`, () => {
    const { statuses, banner } = report.cuts[index]!;
    assert.equal(statuses['unknown'], farServices);
    assert.equal(statuses['down'], undefined);
    assert.match(banner, /Pitwall itself has no way out since .*: the network of this machine does not answer/);
  });
}

test('people hear of the way out, once when it went and once when it was back, and of no service', () => {
  assert.deepEqual(
    report.told.map(({ serviceId, title }) => [serviceId, title.replace(/ since .*/, '')]),
    [0, 1].flatMap(() => [
      ['pitwall', 'Pitwall itself has no way out'],
      ['pitwall', 'Pitwall has its way out again'],
    ]),
  );
});

test('no result blames a service', () => {
  assert.ok(report.reasons.includes('unknown gate-shut'));
  assert.deepEqual(
    report.reasons.filter((reason) => !/^(?:pass|unknown) /.test(reason)),
    [],
  );
});
