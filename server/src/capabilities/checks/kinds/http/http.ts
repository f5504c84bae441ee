/** Kind `http`: asks one address, follows its redirects, and compares the answer with what was expected. */
import { defineKind } from '../../kind.ts';
import { wordsOfMs } from '../../limits.ts';
import { HttpAttempt } from './attempt.ts';
import { planOf } from './plan.ts';
import { type HttpSpec, httpSchema } from './spec.ts';

export const httpKind = defineKind<HttpSpec>({
  kind: 'http',
  title: 'Web page or API',
  schema: httpSchema,
  secretPaths: ['headers.*', 'body', 'tls.key'],
  describe: (observed, totalUs) => `page ${observed['status'] ?? '?'} in ${wordsOfMs(totalUs)} ms`,
  probe: (spec, context) => new HttpAttempt(planOf(spec), context).run(),
});
