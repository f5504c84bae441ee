/** Mantine's dialogs in this page's clothes: focus is held and given back, Esc closes, the page behind is inert. */
import { Drawer, Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Drawer.css';
import './dialog.css';

interface Props {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
}

const slowMs = 180;
/** Inside a dialog a <header> is no part of one for a reader: it would be a second banner of the page. */
const plainHeader = { header: { role: 'presentation' } };

/** 600 px at the right; from 1180 px on the page beside it stays usable, under that it fills or dims the screen. */
export function SideDrawer({ title, close, children }: Props) {
  const wide = useMediaQuery('(min-width: 1180px)', window.matchMedia('(min-width: 1180px)').matches) ?? true;
  const still = useMediaQuery('(prefers-reduced-motion: reduce)') ?? false;
  return (
    <Drawer
      opened
      onClose={close}
      title={title}
      position="right"
      size={600}
      withOverlay={!wide}
      lockScroll={!wide}
      // Beside a usable page a focus trap would be a lie.
      trapFocus
      transitionProps={{ duration: still ? 0 : slowMs }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={plainHeader}
      padding={0}
      shadow=""
      radius={0}
      classNames={{
        content: 'drawer',
        inner: wide ? 'drawer-beside' : '',
        header: 'drawer-head',
        title: 'drawer-title',
        body: 'drawer-body',
      }}
    >
      {children}
    </Drawer>
  );
}

export function CentreDialog({ title, close, children }: Props) {
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={560}
      padding={0}
      shadow=""
      radius={8}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={plainHeader}
      classNames={{ content: 'dialog', header: 'dialog-head', title: 'drawer-title', body: 'dialog-body' }}
    >
      {children}
    </Modal>
  );
}
