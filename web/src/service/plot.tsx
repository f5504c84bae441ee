/** One uPlot canvas of the time axis. Frame, labels and scale are HTML around it, so that all lanes share one grid. */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface PlotSeries {
  readonly values: readonly (number | null)[];
  readonly stroke?: string;
  readonly width?: number;
  readonly fill?: string;
  readonly bars?: boolean;
}

interface Props {
  readonly label: string;
  /** The place that is read now, and what stands there. */
  readonly index: number;
  readonly reading: string;
  readonly height: number;
  readonly xs: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly top: number;
  readonly lines: readonly number[];
  readonly limit: number | null;
  readonly series: readonly PlotSeries[];
  readonly syncKey: string;
  readonly onIndex: (index: number | null) => void;
  /** Changes when colours do: a canvas does not follow CSS by itself. */
  readonly inkKey: string;
}

function lonely(values: readonly (number | null)[]): number[] {
  const isNone = (at: number) => (values[at] ?? null) === null;
  return values.flatMap((_, at) => (!isNone(at) && isNone(at - 1) && isNone(at + 1) ? [at] : []));
}

function optionsOf(props: Props, width: number, ink: (name: string) => string): uPlot.Options {
  const horizontal = (u: uPlot, value: number, dash: number[], colour: string) => {
    const y = Math.round(u.valToPos(value, 'y', true)) + 0.5;
    u.ctx.save();
    u.ctx.strokeStyle = colour;
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.setLineDash(dash.map((one) => one * devicePixelRatio));
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
    u.ctx.restore();
  };
  return {
    width,
    height: props.height,
    padding: [2, 0, 0, 0],
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: {
      x: { time: false, range: [props.fromMs, props.toMs] },
      y: { range: [0, props.top] },
    },
    cursor: {
      sync: { key: props.syncKey, setSeries: false },
      y: false,
      drag: { x: false, y: false },
      points: { show: false },
    },
    series: [
      {},
      ...props.series.map((one): uPlot.Series => {
        const bars = one.bars ? { paths: uPlot.paths.bars!({ size: [0.6, 6, 1] }) } : {};
        return {
          ...bars,
          ...(one.stroke ? { stroke: ink(one.stroke), width: one.width ?? 1 } : { width: 0 }),
          ...(one.fill ? { fill: ink(one.fill) } : {}),
          // A value with none beside it has no line to be seen by.
          points: {
            show: !one.bars && one.stroke !== undefined,
            size: 4,
            filter: (_, __, show) => (show ? lonely(one.values) : null),
            ...(one.stroke ? { fill: ink(one.stroke) } : {}),
          },
          spanGaps: false,
        };
      }),
    ],
    hooks: {
      drawClear: [
        (u) => {
          for (const value of props.lines) horizontal(u, value, [], ink('--line'));
        },
      ],
      draw: [
        (u) => {
          if (props.limit !== null) horizontal(u, props.limit, [4, 4], ink('--plot-limit'));
        },
      ],
      setCursor: [(u) => props.onIndex(u.cursor.idx ?? null)],
    },
  };
}

export function Plot(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { xs, series, fromMs, toMs, top, limit, inkKey, height } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot only when its frame or its colours change
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    const data = [xs, ...series.map((one) => one.values)] as unknown as uPlot.AlignedData;
    const made = new uPlot(optionsOf(props, element.clientWidth, ink), data, element);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [xs, series, fromMs, toMs, top, limit, inkKey, height]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const u = plot.current;
    if (by === 0 || u === null) return;
    event.preventDefault();
    const next = Math.min(xs.length - 1, Math.max(0, (u.cursor.idx ?? xs.length) + by));
    u.setCursor({ left: u.valToPos(xs[next]!, 'x'), top: 10 });
  };
  return (
    <div
      className="lane"
      ref={box}
      role="slider"
      aria-label={props.label}
      aria-valuemin={1}
      aria-valuemax={xs.length}
      aria-valuenow={props.index + 1}
      aria-valuetext={props.reading}
      tabIndex={0}
      style={{ height }}
      onKeyDown={onKeyDown}
    />
  );
}
