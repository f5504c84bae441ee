/** A job that reports: where to, when its next report is due, and what it said last. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Output } from '../api/client.ts';
import { jobQuery } from '../api/queries.ts';
import { useNow } from '../live/use-live.ts';
import { age, time, timeSeconds } from '../parts/format.ts';
import { copyText } from '../parts/next-step.tsx';
import { StatusShape } from '../parts/status-shape.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { session } from '../session/session.ts';
import { hiddenUrl, jobLines } from './job-lines.ts';
import type { KindPanelProps } from './kind-panel-props.ts';
import './kind-panels.css';

type Job = Output<'jobs.get'>;
type Report = Job['reports'][number];

export function JobPanel({ serviceId, check }: KindPanelProps) {
  const who = session.use();
  const mayRead = who.state === 'in' && who.role !== 'viewer';
  const job = useQuery({ ...jobQuery(serviceId, check.checkId), enabled: mayRead });
  if (!mayRead) {
    return (
      <Tile title="Reports" className="kind-panel" sum={`of ${check.title}`}>
        <EmptyNote
          lead="Its address and its reports are for operators."
          rest="Whoever knows the address can report for the job; its status stands above for everybody."
        />
      </Tile>
    );
  }
  return (
    <div className="cols kind-panel">
      <Tile title="Reports" className="c8 job-reports" sum={`of ${check.title}, newest first`}>
        {job.error && !job.data && (
          <ProblemNote what="Its reports could not be read." error={job.error} retry={() => void job.refetch()} />
        )}
        <Times job={job.data} />
        {job.data && <Reports reports={job.data.reports} />}
      </Tile>
      <Tile title="Where it reports" className="c4 job-address" sum="secret">
        {job.data ? <Address url={job.data.url} spec={check.shownSpec} /> : <p className="dash">–</p>}
      </Tile>
    </div>
  );
}

/** When the next report is due, and when it counts as missed: the two instants that judge the job. */
function Times({ job }: { job: Job | undefined }) {
  const nowMs = useNow(1_000);
  const away = (atMs: number) => (atMs > nowMs ? `in ${age(atMs - nowMs)}` : `${age(nowMs - atMs)} ago`);
  const at = (atMs: number | null) =>
    atMs === null ? <b>not planned</b> : [<b key="t">{time(atMs, nowMs)}</b>, `, ${away(atMs)}`];
  const late = job !== undefined && job.missedAtMs !== null && job.missedAtMs <= nowMs;
  return (
    <dl className="job-times">
      <div>
        <dt>Next report due</dt>
        <dd>{job ? at(job.dueAtMs) : '–'}</dd>
      </div>
      <div>
        <dt>{late ? 'Missed since' : 'Counts as missed'}</dt>
        <dd className={late ? 's-down' : undefined}>{job ? at(job.missedAtMs) : '–'}</dd>
      </div>
      <div>
        <dt>Running now</dt>
        <dd>
          {!job
            ? '–'
            : job.runningSinceMs === null
              ? 'no run that told of its start'
              : [<b key="s">since </b>, at(job.runningSinceMs)]}
        </dd>
      </div>
    </dl>
  );
}

const signalWord = { success: 'ended well', fail: 'failed', start: 'began', log: 'says' } as const;

function Reports({ reports }: { reports: readonly Report[] }) {
  const nowMs = useNow(60_000);
  if (reports.length === 0) {
    return <EmptyNote lead="It has not reported yet." rest="Its first fetch of the address stands here at once." />;
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">When, UTC</th>
          <th scope="col">Report</th>
          <th scope="col">Run</th>
          <th scope="col" className="num">
            Took
          </th>
          <th scope="col">What it said</th>
        </tr>
      </thead>
      <tbody>
        {reports.map((report, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: reports have no name, and two may share an instant
          <tr key={`${report.atMs} ${index}`} data-row>
            <td className="mut nw">{timeSeconds(report.atMs, nowMs)}</td>
            <td className={report.signal === 'fail' ? 's-down nw' : 'nw'}>
              {(report.signal === 'fail' || report.signal === 'success') && (
                <>
                  <StatusShape status={report.signal === 'fail' ? 'down' : 'up'} />{' '}
                </>
              )}
              {signalWord[report.signal]}
              {report.exitCode !== null && report.exitCode !== 0 && `, exit code ${report.exitCode}`}
            </td>
            <td className="mono dim run-id">{report.runId ?? ''}</td>
            <td className="num">{report.durationMs === null ? '' : age(report.durationMs)}</td>
            <td className="said">
              <Said text={report.text} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const longLine = 60;

/** The last line is what a job ends with; all of it opens below. */
function Said({ text }: { text: string | null }) {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  const last = trimmed.split('\n').at(-1) ?? '';
  if (last === trimmed && trimmed.length <= longLine) return <span className="mono">{trimmed}</span>;
  return (
    <details>
      <summary className="mono">{last.length > longLine ? `${last.slice(0, longLine)}…` : last}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section className="mono said-all" tabIndex={0} aria-label="All that it said">
        {trimmed}
      </section>
    </details>
  );
}

function Address({ url, spec }: { url: string; spec: unknown }) {
  const [shown, setShown] = useState(false);
  const shownUrl = shown ? url : hiddenUrl(url);
  const real = jobLines(url, spec);
  return (
    <>
      <p className="mut job-why">Whoever knows it can report for the job: fetching it is all a job has to do.</p>
      <p className="mono job-url">{shownUrl}</p>
      <p className="go">
        <button type="button" className="btn" onClick={() => void copyText(url, 'Copied: the address of the job')}>
          Copy the address
        </button>
        <button type="button" className="btn quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide it' : 'Show it'}
        </button>
      </p>
      {jobLines(shownUrl, spec).map(({ title, text }, index) => (
        <div className="job-line" key={title}>
          <h3>{title}</h3>
          <button
            type="button"
            className="linkish ev"
            aria-label={`Copy: ${title}`}
            onClick={() => void copyText(real[index]!.text, `Copied: ${title}`)}
          >
            Copy
          </button>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
          <section className="mono job-text" tabIndex={0} aria-label={title}>
            {text}
          </section>
        </div>
      ))}
    </>
  );
}
