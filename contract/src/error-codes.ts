/** Every error a caller can meet. One table, so that HTTP, the command line and MCP agree (STYLE rule 9). */
export interface ErrorMapping {
  readonly httpStatus: number;
  /** 0 pass · 1 fail or unknown · 2 bad config or usage · 3 not reachable or not allowed. */
  readonly exitCode: number;
  /** Of JSON-RPC, where MCP has no result to say it in: −32602 is the caller's mistake, −32603 is not. A tool answers in its result. */
  readonly mcpCode: -32_602 | -32_603;
  readonly retryable: boolean;
  readonly title: string;
}

export const errorCodes = {
  'invalid-input': {
    httpStatus: 400,
    exitCode: 2,
    mcpCode: -32_602,
    retryable: false,
    title: 'The request is not of the right form',
  },
  'invalid-config': {
    httpStatus: 422,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'The configuration has mistakes',
  },
  unauthenticated: { httpStatus: 401, exitCode: 3, mcpCode: -32_603, retryable: false, title: 'Log in first' },
  forbidden: { httpStatus: 403, exitCode: 3, mcpCode: -32_602, retryable: false, title: 'Not allowed for this role' },
  'origin-refused': {
    httpStatus: 403,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: false,
    title: 'The request came from another site',
  },
  'address-not-allowed': {
    httpStatus: 403,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: false,
    title: 'That address may not be reached',
  },
  'actions-disabled': {
    httpStatus: 403,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: false,
    title: 'Actions are disabled',
  },
  'not-found': { httpStatus: 404, exitCode: 2, mcpCode: -32_602, retryable: false, title: 'There is no such thing' },
  conflict: {
    httpStatus: 409,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'It changed meanwhile, or exists already',
  },
  'limit-reached': {
    httpStatus: 409,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'There are as many as there may be',
  },
  'read-only': {
    httpStatus: 409,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'The configuration file owns this',
  },
  'too-large': { httpStatus: 413, exitCode: 2, mcpCode: -32_602, retryable: false, title: 'The request is too large' },
  'headers-too-large': {
    httpStatus: 431,
    exitCode: 2,
    mcpCode: -32_602,
    retryable: false,
    title: 'The headers are too large',
  },
  'request-timeout': {
    httpStatus: 408,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: true,
    title: 'The request did not arrive in time',
  },
  'rate-limited': { httpStatus: 429, exitCode: 3, mcpCode: -32_603, retryable: true, title: 'Too many requests' },
  'data-folder-locked': {
    httpStatus: 503,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'Another Pitwall uses this folder',
  },
  'store-corrupt': {
    httpStatus: 503,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'The database file is damaged',
  },
  'store-newer': {
    httpStatus: 503,
    exitCode: 2,
    mcpCode: -32_603,
    retryable: false,
    title: 'A newer Pitwall wrote the database file',
  },
  'store-full': { httpStatus: 507, exitCode: 3, mcpCode: -32_603, retryable: true, title: 'The disk is full' },
  'store-failed': {
    httpStatus: 503,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: true,
    title: 'The database cannot be used',
  },
  'not-reachable': {
    httpStatus: 502,
    exitCode: 3,
    mcpCode: -32_603,
    retryable: true,
    title: 'Pitwall does not answer',
  },
  'port-in-use': { httpStatus: 503, exitCode: 2, mcpCode: -32_603, retryable: false, title: 'The port is taken' },
  unavailable: { httpStatus: 503, exitCode: 3, mcpCode: -32_603, retryable: true, title: 'Not available just now' },
  internal: { httpStatus: 500, exitCode: 3, mcpCode: -32_603, retryable: false, title: 'Pitwall made a mistake' },
} as const satisfies Record<string, ErrorMapping>;

export type ErrorCode = keyof typeof errorCodes;

/** What a caller gets, on every surface; over HTTP as application/problem+json with `type`, `title` and `status`. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Where in the input, such as `services.shop.checks.page.interval`. */
  readonly path?: string;
  readonly retryable: boolean;
  /** What to do about it. */
  readonly hint?: string;
}
