import type { IconNode } from 'lucide';
import type { ComponentChildren, RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon } from '../../shared/icon.tsx';

interface Props {
  take: (files: File[]) => void;
  icon: IconNode;
  class?: string;
  label?: string;
  disabled?: boolean;
  button?: RefObject<HTMLButtonElement | null>;
  children?: ComponentChildren;
}

/** Opens the system's own choice of files. */
export function PickButton({
  take,
  icon,
  class: classes = 'button',
  label,
  disabled,
  button,
  children,
}: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        ref={button ?? null}
        type="button"
        class={classes}
        aria-label={label}
        title={label}
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Icon of={icon} size={18} />
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          take([...(currentTarget.files ?? [])]);
          // The same one can be chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}
