import type { CheckView } from '../../../contract/src/views.ts';

export interface KindPanelProps {
  readonly serviceId: string;
  readonly check: CheckView;
}
