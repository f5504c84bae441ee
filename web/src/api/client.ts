/** The typed client: every operation of the contract is a call with its input, answered with its output. */
import type { OperationInput, OperationOutput } from '../../../contract/src/operation.ts';
import type { OperationName, Operations } from '../../../contract/src/operations.ts';
import { CallError } from './problem.ts';
import { routes } from './routes.gen.ts';

export type Input<N extends OperationName> = OperationInput<Operations[N]>;
export type Output<N extends OperationName> = OperationOutput<Operations[N]>;

/** What the live line wants to know: every request says whether Pitwall was there. */
type Listener = (answered: boolean) => void;
const listeners = new Set<Listener>();
export function onAnswer(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
function say(answered: boolean): void {
  for (const listener of listeners) listener(answered);
}

/** A request that hangs would otherwise hold its tile in “reading” for ever. */
const timeoutMs = 20_000;

export async function call<N extends OperationName>(
  name: N,
  input: Input<N>,
  signal?: AbortSignal,
): Promise<Output<N>> {
  const { method, path } = routes[name];
  const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
  let url = `/api/v1${path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = String(rest[key]);
    delete rest[key];
    return encodeURIComponent(value);
  })}`;
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs),
  };
  if (method === 'GET') {
    const query = new URLSearchParams(
      Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
    ).toString();
    if (query !== '') url += `?${query}`;
  } else {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(rest);
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    say(false);
    throw new CallError(
      { code: 'no-answer', message: 'Pitwall did not answer.', retryable: true, hint: 'Is it still running?' },
      0,
    );
  }
  say(true);
  if (response.ok) return (await response.json()) as Output<N>;
  throw await readProblem(response);
}

async function readProblem(response: Response): Promise<CallError> {
  const body: unknown = await response.json().catch(() => null);
  if (body !== null && typeof body === 'object' && 'code' in body && 'message' in body) {
    return new CallError(body as ConstructorParameters<typeof CallError>[0], response.status);
  }
  return new CallError(
    {
      code: response.status === 401 ? 'unauthenticated' : 'internal',
      message: `Answered ${response.status} without a reason.`,
      retryable: response.status >= 500,
    },
    response.status,
  );
}
