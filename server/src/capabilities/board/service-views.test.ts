import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardNowMs, liveService } from '../../../../testkit/live-services.ts';
import type { LiveCheck } from '../recording/api.ts';
import { serviceView } from './service-views.ts';

const last: NonNullable<LiveCheck['last']> = { slotMs: 0, code: 0, values: [1_000], observed: {}, facts: {} };

test('the summary of a service names what was seen, and nothing in place of a check that saw nothing', () => {
  const live = liveService({ checks: [{ checkId: 'page' }, { checkId: 'lost' }] });
  const seen = { ...live, checks: live.checks.map((check) => ({ ...check, last })) };
  const describe = ({ check }: LiveCheck) => (check.checkId === 'page' ? 'page 200 in 14 ms' : '');
  const view = serviceView({ live: seen, days: [], dayCount: 90, nowMs: boardNowMs, describe });
  assert.equal(view.summary, 'page 200 in 14 ms');
});
