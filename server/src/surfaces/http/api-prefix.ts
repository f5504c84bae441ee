/** Where the operations stand. */
export const apiPrefix = '/api/v1';
