/** What a page shows of one kind only: of a job its address and reports, of a group its members. */
import type { ComponentType } from 'react';
import { GroupPanel } from './group-panel.tsx';
import { JobPanel } from './job-panel.tsx';
import type { KindPanelProps } from './kind-panel-props.ts';

const panels: Readonly<Record<string, ComponentType<KindPanelProps>>> = { heartbeat: JobPanel, group: GroupPanel };

export function KindPanel(props: KindPanelProps) {
  const Panel = panels[props.check.kind];
  return Panel === undefined ? null : <Panel {...props} />;
}
