/** What the page hears on GET /api/v1/events (server-sent events, `data:` holds one of these as JSON). */
export type LiveEvent =
  /** Every 5 s, so that silence means the line is dead. */
  | { readonly type: 'heartbeat'; readonly atMs: number }
  /** Something the board shows was committed: fetch again. */
  | { readonly type: 'changed'; readonly atMs: number; readonly what: 'results' | 'status' | 'resources' | 'config' };
