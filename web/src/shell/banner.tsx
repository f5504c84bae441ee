/** One line under the header, one at a time, for Pitwall itself and never for the shop. */
import type { BoardView } from '../../../contract/src/operations/board.ts';
import { tryNow } from '../live/live.ts';
import { useLive } from '../live/use-live.ts';
import { time } from '../parts/format.ts';
import { StepButton } from '../parts/next-step.tsx';
import { StatusShape } from '../parts/status-shape.tsx';

export function Banners({ banners }: { banners: BoardView['banners'] }) {
  const { reach, seenAtMs, nowMs } = useLive();
  if (reach !== 'ok') {
    const what = reach === 'offline' ? 'You are offline' : 'Pitwall does not answer';
    return (
      <div className="ban b-unknown" role="status">
        <StatusShape status="unknown" />
        <p>
          <b>{what}: you can read, not change.</b> What was read up to {time(seenAtMs, nowMs)} is here. Nothing you
          press is kept for later.
        </p>
        <button type="button" className="btn" onClick={tryNow}>
          Try now
        </button>
      </div>
    );
  }
  const banner = banners[0];
  if (banner === undefined) return null;
  const more = banners.length - 1;
  return (
    <div className={`ban b-${banner.tone}`} role="status">
      <StatusShape status={banner.tone} />
      <p>
        {banner.text}
        {more > 0 && <span className="dim"> and {more} more</span>}
      </p>
      {banner.next && <StepButton step={banner.next} />}
    </div>
  );
}
