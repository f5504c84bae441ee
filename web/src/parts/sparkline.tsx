/** 24 h in 116 × 30: dashes are the limit, what is over it wears status colour, the last point is a dot. */
import type { Status } from '../../../contract/src/vocabulary.ts';

const width = 128;
const top = 3;
const bottom = 27;

interface Props {
  readonly points: readonly (number | null)[];
  readonly limit: number | null;
  readonly status: Status;
}

/** Middle half of the points: what is usual, until a baseline is learnt. */
function usual(values: readonly number[]): [number, number] | null {
  if (values.length < 12) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[Math.floor(sorted.length * 0.1)]!, sorted[Math.floor(sorted.length * 0.9)]!];
}

function line(
  points: Props['points'],
  x: (i: number) => number,
  y: (v: number) => number,
  above: number | null,
): string {
  let pen = false;
  let d = '';
  for (const [i, value] of points.entries()) {
    const draw = value !== null && (above === null || value > above);
    if (draw) d += `${pen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = draw;
  }
  return d;
}

export function Sparkline({ points, limit, status }: Props) {
  const values = points.filter((value) => value !== null);
  // Three points half an hour apart would be a smudge: a young line gets the right quarter of its place.
  const begin = points.findIndex((value) => value !== null);
  const young = begin > points.length - 8;
  const x = (i: number) =>
    young
      ? width - ((points.length - 1 - i) / Math.max(1, points.length - 1 - begin)) * 24
      : (i / Math.max(1, points.length - 1)) * width;
  const dotted = { stroke: 'var(--line-2)' };
  if (values.length === 0) {
    return (
      <svg className="spark" viewBox="0 0 132 30" width="132" height="30" aria-hidden="true">
        <path d={`M0 20H${width}`} style={dotted} strokeDasharray="1 3" />
      </svg>
    );
  }
  const peak = Math.max(...values);
  // A limit far above the line would flatten it: then the dashes sit at the top, as “well above”.
  const ceiling = limit === null ? peak * (young ? 2.2 : 1.25) : Math.max(peak * 1.1, Math.min(limit * 1.05, peak * 4));
  const y = (v: number) => bottom - (Math.min(v, ceiling) / ceiling) * (bottom - top);
  const band = usual(values);
  const lastIndex = points.findLastIndex((value) => value !== null);
  const last = points[lastIndex]!;
  const mark = status === 'down' ? 'var(--down-mark)' : 'var(--degraded-mark)';
  const hot = limit !== null && last > limit;
  const single = values.length === 1;
  return (
    <svg className="spark" viewBox="0 0 132 30" width="132" height="30" aria-hidden="true">
      {begin > 1 && <path d={`M0 20H${x(begin) - 8}`} style={dotted} strokeDasharray="1 3" />}
      {band && (
        <rect
          x="0"
          y={y(band[1])}
          width={width}
          height={Math.max(1, y(band[0]) - y(band[1]))}
          style={{ fill: 'var(--plot-band)' }}
        />
      )}
      {limit !== null && (
        <path d={`M0 ${y(limit).toFixed(1)}H${width}`} style={{ stroke: 'var(--plot-limit)' }} strokeDasharray="2 3" />
      )}
      {!single && (
        <path d={line(points, x, y, null)} fill="none" style={{ stroke: 'var(--plot)' }} strokeWidth="1.25" />
      )}
      {limit !== null && <path d={line(points, x, y, limit)} fill="none" style={{ stroke: mark }} strokeWidth="2" />}
      <circle cx={x(lastIndex)} cy={y(last)} r="2.5" style={{ fill: hot ? mark : 'var(--plot)' }} />
    </svg>
  );
}
