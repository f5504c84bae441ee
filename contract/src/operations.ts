/** Every operation there is. A surface that offers operations derives them from this list. */
import { boardBrief, boardGet } from './operations/board.ts';
import { channelsCreate, channelsList, channelsRemove, channelsTest, messagesList } from './operations/channels.ts';
import { jobsGet, jobsReport } from './operations/jobs.ts';
import { ledgerList, ledgerVerify } from './operations/ledger.ts';
import { metricsRead } from './operations/metrics.ts';
import { openapiGet } from './operations/openapi.ts';
import { proposalsAccept, proposalsIgnore, proposalsList } from './operations/proposals.ts';
import {
  checksRun,
  resultsList,
  seriesRead,
  servicesCreate,
  servicesGet,
  servicesList,
  servicesLook,
  servicesRemove,
  transitionsList,
} from './operations/services.ts';
import { healthGet, sessionCreate, sessionEnd, sessionGet, sessionLink, systemGet } from './operations/system.ts';

export const operations = {
  'board.get': boardGet,
  'board.brief': boardBrief,
  'services.list': servicesList,
  'services.get': servicesGet,
  'services.look': servicesLook,
  'services.create': servicesCreate,
  'services.remove': servicesRemove,
  'checks.run': checksRun,
  'series.read': seriesRead,
  'results.list': resultsList,
  'transitions.list': transitionsList,
  'proposals.list': proposalsList,
  'proposals.accept': proposalsAccept,
  'proposals.ignore': proposalsIgnore,
  'channels.list': channelsList,
  'channels.create': channelsCreate,
  'channels.test': channelsTest,
  'channels.remove': channelsRemove,
  'messages.list': messagesList,
  'jobs.get': jobsGet,
  'jobs.report': jobsReport,
  'ledger.list': ledgerList,
  'ledger.verify': ledgerVerify,
  'metrics.read': metricsRead,
  'openapi.get': openapiGet,
  'system.get': systemGet,
  'health.get': healthGet,
  'session.create': sessionCreate,
  'session.get': sessionGet,
  'session.end': sessionEnd,
  'session.link': sessionLink,
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
