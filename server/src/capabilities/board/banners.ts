/** What stands above everything else on the page while it holds. */
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import { formatDuration } from '../../core/duration.ts';
import type { BoardSources, ToldFigures } from './sources.ts';
import { count } from './words.ts';

type Banner = BoardView['banners'][number];

/** A clock that drifts by less is set little by little by whoever keeps it, and nobody reads such a time off the page. */
const worthSayingMs = 30_000;

export function bannersOf(sources: BoardSources, told: ToldFigures): BoardView['banners'] {
  const banners: BoardView['banners'] = [];
  const fault = sources.storeFault();
  if (fault !== undefined) banners.push({ tone: 'down', text: fault, next: null });
  const shut = sources.shutGate();
  if (shut !== undefined) banners.push(wayOutBanner(shut));
  const clock = clockBanner(sources.nowMs(), sources.machineMs());
  if (clock !== undefined) banners.push(clock);
  const { faults, file } = sources.config();
  if (faults.length > 0) {
    const [first] = faults;
    const where = first?.line === null || first === undefined ? '' : `, in line ${first.line}`;
    banners.push({
      tone: 'down',
      text: `The configuration was changed and has ${count(faults.length, 'mistake')}; the one before still runs. First${where}: ${first?.message ?? ''}`,
      next: {
        label: 'Copy the command that lists all',
        kind: 'copy',
        target: `./pitwall validate ${file ?? 'pitwall.yaml'}`,
      },
    });
  }
  if (told.failedMessages > 0 && told.channels > 0) {
    banners.push({
      tone: 'unknown',
      text: `${count(told.failedMessages, 'message')} did not arrive.`,
      next: { label: 'Look at messages', kind: 'open', target: '/told' },
    });
  }
  return banners;
}

export function wayOutBanner({ gate, sinceMs }: { readonly gate: string; readonly sinceMs: number }): Banner {
  const since = new Date(sinceMs).toISOString().slice(11, 16);
  const text = `Pitwall itself has no way out since ${since}\u00a0UTC: ${gate} does not answer. What lies outside is unknown meanwhile, and nobody is blamed.`;
  return { tone: 'unknown', text, next: null };
}

/**
 * Pitwall carries on the clock of its start (docs/adr/0004): where the machine's was set since, or a start found what is
 * stored ahead of it, the times on the page are not those of the wall.
 */
export function clockBanner(nowMs: number, machineMs: number): Banner | undefined {
  const aheadMs = nowMs - machineMs;
  if (Math.abs(aheadMs) < worthSayingMs) return undefined;
  const by = formatDuration(Math.abs(aheadMs));
  const text =
    aheadMs < 0
      ? `The clock of this machine was set forward, or it slept: times here are ${by} behind it until Pitwall is started again.`
      : `The clock of this machine was set back: times here are ${by} ahead of it, and agree again once it has caught up.`;
  return { tone: 'unknown', text, next: null };
}
