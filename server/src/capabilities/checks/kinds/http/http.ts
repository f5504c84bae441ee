/** Kind `http`: asks one address, follows its redirects, and compares the answer with what was expected. */
import { defineKind } from '../../kind.ts';
import { wordsOfMs } from '../../limits.ts';
import { HttpAttempt } from './attempt.ts';
import { allowColdStart } from './cold-start.ts';
import { planOf } from './plan.ts';
import { type HttpSpec, httpSchema } from './spec.ts';

export const httpKind = defineKind<HttpSpec>({
  kind: 'http',
  title: 'Web page or API',
  schema: httpSchema,
  secretPaths: ['headers.*', 'body', 'auth.basic.password', 'auth.bearer', 'auth.oauth2.clientSecret', 'tls.key'],
  describe(observed, totalUs) {
    const start = observed['coldStart'] === true ? ' after a cold start,' : '';
    return `page ${observed['status'] ?? '?'}${start} in ${wordsOfMs(totalUs)} ms`;
  },
  leastTimeoutMs: (spec) => spec.coldStart?.upTo,
  probe(spec, context) {
    const plan = planOf(spec);
    const { coldStart } = plan;
    if (coldStart === undefined) return new HttpAttempt(plan, context).run();
    return allowColdStart(coldStart, context, () => new HttpAttempt(plan, context).run());
  },
});
