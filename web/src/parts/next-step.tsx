/** What to do about it: one button whose meaning Pitwall chose. */
import { useMutation } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import type { OperationName } from '../../../contract/src/operations.ts';
import type { NextStep } from '../../../contract/src/views.ts';
import { call, type Input, type Output } from '../api/client.ts';
import { queryClient } from '../api/queries.ts';
import { routes } from '../api/routes.gen.ts';
import { useWriteBlock } from '../live/use-live.ts';
import { overlay } from '../shell/overlays.ts';
import { toastBad, toastDone, toastFailed } from '../shell/toast.ts';
import { focusAddAddress } from './add-address-focus.ts';
import { micros } from './format.ts';
import { focusFound } from './found-focus.ts';
import { PageLink } from './page-link.tsx';

/** Does what a step says. Null for a step that only says that nothing is needed. */
export function useStep(step: NextStep | null): { run: () => void; blocked: string | null; busy: boolean } | null {
  const router = useRouter();
  const writeBlock = useWriteBlock();
  const mutation = useMutation({
    mutationFn: (next: NextStep) => call(next.target as OperationName, (next.input ?? {}) as Input<OperationName>),
    onSuccess: (output, next) => {
      if (next.target === 'checks.run') toastRun(output as Output<'checks.run'>);
      else toastDone(`${next.label}: done`, { link: { text: 'Ledger', href: '/ledger' } });
    },
    onError: (error, next) => toastFailed(`Not done: ${next.label}`, error),
    onSettled: () => queryClient.invalidateQueries(),
  });
  if (step === null || step.kind === 'none') return null;
  const run = () => {
    if (step.kind === 'open') router.history.push(step.target);
    else if (step.kind === 'focus' && step.target === 'add-channel') overlay.set('told');
    else if (step.kind === 'focus' && step.target === 'found') focusFound((path) => router.history.push(path));
    else if (step.kind === 'focus') focusAddAddress((path) => router.history.push(path));
    else if (step.kind === 'copy') void copyText(step.target);
    else if (step.target in routes) mutation.mutate(step);
  };
  return { run, blocked: step.kind === 'call' ? writeBlock : null, busy: mutation.isPending };
}

/** A run is asked for its answer, and is no slot of the schedule: nothing of it stands anywhere else. */
export function toastRun({ outcome, sentence, totalUs }: Output<'checks.run'>, name = 'Run just now'): void {
  const took = totalUs === null ? '' : ` (${micros(totalUs)})`;
  const text = `${name}: ${sentence}${took}. Shown and not kept.`;
  if (outcome === 'pass') toastDone(text);
  else toastBad(text);
}

/** `said` stands in for a text that is not to be read over a shoulder. */
export async function copyText(text: string, said?: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toastDone(said ?? `Copied: ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`);
  } catch {
    // No clipboard without https or a permission: then the text itself is shown, to be copied by hand.
    toastDone(text);
  }
}

export function StepButton({ step, className = 'btn', hint }: { step: NextStep; className?: string; hint?: string }) {
  const action = useStep(step);
  if (action === null) return null;
  if (step.kind === 'open') {
    return (
      <PageLink className={className} href={step.target} data-step={hint}>
        {step.label} {hint && <kbd>{hint}</kbd>}
      </PageLink>
    );
  }
  return (
    <button
      type="button"
      className={className}
      onClick={action.run}
      disabled={action.blocked !== null || action.busy}
      title={action.blocked ?? undefined}
      data-step={hint}
    >
      {step.label} {hint && <kbd>{hint}</kbd>}
    </button>
  );
}
