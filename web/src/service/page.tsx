import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { ResultView, ServicePageView } from '../../../contract/src/operations/services.ts';
import type { CheckView } from '../../../contract/src/views.ts';
import type { Outcome } from '../../../contract/src/vocabulary.ts';
import { asCallError } from '../api/problem.ts';
import { queryClient, resultsQuery, serviceQuery } from '../api/queries.ts';
import { type Range, rangeNames, spanOf } from '../api/range.ts';
import { useWriteBlock } from '../live/use-live.ts';
import { PageLink } from '../parts/page-link.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { unwatch } from '../parts/unwatch.ts';
import { boardLabels, Verdict, VerdictFrame } from '../parts/verdict.tsx';
import type { ServiceSearch } from '../router.tsx';
import { usePageKeys } from '../shell/keys.ts';
import { Changes } from './changes.tsx';
import { Checks } from './checks.tsx';
import { Dependencies } from './dependencies.tsx';
import { EvidenceDrawer } from './evidence-drawer.tsx';
import { KindPanel } from './kind-panel.tsx';
import { Results } from './results.tsx';
import { ServiceNext } from './service-next.tsx';
import './service.css';
import './axis.css';
import { TimeAxis } from './time-axis.tsx';

function Crumb({ name }: { name: string }) {
  return (
    <p className="crumb">
      <PageLink href="/">Board</PageLink>/<PageLink href="/services">Services</PageLink>/<span>{name}</span>
    </p>
  );
}

export function ServicePage() {
  const { serviceId } = useParams({ from: '/services/$serviceId' });
  const { data, error, refetch } = useQuery(serviceQuery(serviceId));
  if (data) return <Service key={serviceId} view={data} />;
  if (error) {
    return (
      <>
        <VerdictFrame
          text={`${serviceId} could not be read.`}
          labels={boardLabels}
          crumb={<Crumb name={serviceId} />}
        />
        <Unreadable serviceId={serviceId} error={error} retry={() => void refetch()} />
      </>
    );
  }
  return (
    <>
      <VerdictFrame text={`Reading ${serviceId}`} labels={boardLabels} crumb={<Crumb name={serviceId} />} />
      <Tile title="On one axis" sum="reading">
        <div className="axis-frame dash">–</div>
      </Tile>
    </>
  );
}

/** Asking again for what is not there helps nobody: the list of what is there does. */
function Unreadable({ serviceId, error, retry }: { serviceId: string; error: unknown; retry: () => void }) {
  if (asCallError(error).code !== 'not-found') {
    return <ProblemNote what="There is nothing to show of this service." error={error} retry={retry} />;
  }
  return (
    <EmptyNote lead={`No service is called ${serviceId}.`} rest="It was removed, renamed, or is yet to be added.">
      <PageLink className="btn" href="/services">
        All services
      </PageLink>
    </EmptyNote>
  );
}

const worstFirst = { down: 0, degraded: 1, unknown: 2, maintenance: 3, up: 4 } as const;

/** What is on the axis when nobody chose: the check in the worst state, or the first. */
function defaultCheck(checks: readonly CheckView[]): CheckView | undefined {
  return checks.toSorted((a, b) => worstFirst[a.status] - worstFirst[b.status])[0];
}

/** A service of ten minutes would be a hairline on six hours. */
function watchedMs({ service: { uptime } }: ServicePageView): number {
  return uptime.upMs + uptime.degradedMs + uptime.downMs + uptime.unknownMs + uptime.maintenanceMs;
}

function Service({ view }: { view: ServicePageView }) {
  const search = useSearch({ from: '/services/$serviceId' });
  const navigate = useNavigate({ from: '/services/$serviceId' });
  const [evidence, setEvidence] = useState<ResultView | null>(null);
  // Chosen once: a check that recovers must not make the axis jump to another.
  const [first] = useState(() => defaultCheck(view.checks)?.checkId);
  const check = view.checks.find((one) => one.checkId === (search.check ?? first)) ?? view.checks[0];
  const [sinceMs] = useState(() => view.atMs - watchedMs(view));
  const young = view.atMs - sinceMs < spanOf('1h');
  const range: Range = search.range ?? (young ? '1h' : '6h');
  const set = useMemo(
    () => (next: { range?: Range; check?: string; table?: boolean; outcome?: Outcome | undefined }) =>
      void navigate({
        search: (before: ServiceSearch) => {
          const { table, outcome, ...rest } = { ...before, ...next };
          return { ...rest, ...(table ? { table: true as const } : {}), ...(outcome ? { outcome } : {}) };
        },
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const checkId = check?.checkId;
  const { serviceId } = view.service;
  const { outcome } = search;
  const showEvidence = useCallback(() => {
    if (checkId === undefined) return;
    const pages = queryClient.getQueryData(resultsQuery(serviceId, checkId, outcome).queryKey)?.pages ?? [];
    const newest = pages.flatMap((page) => page.results).find((result) => result.evidence !== null);
    if (newest) setEvidence(newest);
  }, [serviceId, checkId, outcome]);
  const keys = useMemo(() => {
    const at = rangeNames.indexOf(range);
    return {
      t: () => set({ table: search.table !== true }),
      '[': () => set({ range: rangeNames[Math.max(0, at - 1)]! }),
      ']': () => set({ range: rangeNames[Math.min(rangeNames.length - 1, at + 1)]! }),
      e: showEvidence,
    };
  }, [range, search.table, set, showEvidence]);
  usePageKeys(keys);
  return (
    <>
      <Verdict verdict={view.verdict} crumb={<Crumb name={view.service.title} />} shape={view.service.status} />
      <ServiceNext advice={view.whatNext} showEvidence={showEvidence} />
      {check && (
        <TimeAxis
          serviceId={serviceId}
          sinceMs={sinceMs}
          check={check}
          checks={view.checks}
          transitions={view.transitions}
          range={range}
          table={search.table === true}
          set={set}
        />
      )}
      {check && <KindPanel key={check.checkId} serviceId={serviceId} check={check} />}
      <div className="cols service-cols">
        <Checks serviceId={serviceId} checks={view.checks} chosen={checkId} choose={(id) => set({ check: id })} />
        <Dependencies view={view} />
        {check && (
          <Results
            key={check.checkId}
            serviceId={serviceId}
            check={check}
            outcome={search.outcome}
            choose={(outcome) => set({ outcome })}
            open={setEvidence}
          />
        )}
        <Changes transitions={view.transitions} />
      </div>
      {view.removable && <Remove serviceId={serviceId} title={view.service.title} />}
      {evidence && check && <EvidenceDrawer result={evidence} check={check} close={() => setEvidence(null)} />}
    </>
  );
}

function Remove({ serviceId, title }: { serviceId: string; title: string }) {
  const router = useRouter();
  const blocked = useWriteBlock('services:write');
  const [sure, setSure] = useState(false);
  const remove = async () => {
    if (await unwatch(serviceId, title)) router.history.push('/services');
  };
  return (
    <p className="remove">
      <span className="mut">Added on this page. Removed, it is no longer checked; its history stays.</span>
      <button
        type="button"
        className="btn"
        disabled={blocked !== null}
        title={blocked ?? undefined}
        onBlur={() => setSure(false)}
        onClick={() => (sure ? void remove() : setSure(true))}
      >
        {sure ? `Stop watching ${title}?` : 'Stop watching'}
      </button>
    </p>
  );
}
