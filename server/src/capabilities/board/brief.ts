/** The board in a few lines, for whoever pays by the line: an agent, a terminal. Pure. */
import { conciseAdvice, conciseFacts, conciseService } from '../../../../contract/src/concise.ts';
import type { BoardBrief, BoardView } from '../../../../contract/src/operations/board.ts';
import type { LiveService } from '../recording/api.ts';
import { causesOf } from './causes.ts';
import { checkSentence } from './service-views.ts';
import { byUrgency } from './verdict.ts';

const mostChecks = 3;
const mostAdvice = 5;

export function briefOf(board: BoardView, live: readonly LiveService[], limit: number): BoardBrief {
  const views = board.upNow.groups.flatMap(({ services }) => services);
  const needs = live.map(({ service }) => service);
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0 };
  for (const { status } of views) counts[status] += 1;
  const wrong = views.filter(({ status }) => status !== 'up' && status !== 'maintenance').sort(byUrgency);
  const checksOf = (serviceId: string) => live.find(({ service }) => service.serviceId === serviceId)?.checks ?? [];
  return {
    atMs: board.atMs,
    verdict: board.verdict.parts.map(({ text }) => text).join(' '),
    facts: conciseFacts(board.verdict),
    counts,
    wrong: wrong.slice(0, limit).map((view) => ({
      ...conciseService(view),
      facesCustomers: view.facesCustomers,
      because: causesOf(view, views, needs).map(({ serviceId }) => serviceId),
      checks: checksOf(view.serviceId)
        .filter(({ status }) => status !== 'up')
        .slice(0, mostChecks)
        .map((check) => ({ checkId: check.check.checkId, status: check.status, why: checkSentence(check) })),
    })),
    moreWrong: Math.max(0, wrong.length - limit),
    next: board.whatNext.slice(0, mostAdvice).map(conciseAdvice),
    notices: board.banners.map(({ text }) => text),
    pitwall: board.pitwall.line,
  };
}
