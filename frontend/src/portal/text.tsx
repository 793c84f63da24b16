import { useMemo } from 'preact/hooks';
import { partsOf } from '../chat/links.ts';

const elsewhere = { target: '_blank', rel: 'noopener noreferrer nofollow' };

/** What a person wrote: as plain text, with its addresses as links; those of other sites open beside the portal. */
export function PlainText({ of: text }: { of: string }) {
  const parts = useMemo(() => partsOf(text), [text]);
  return (
    <>
      {parts.map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <a key={index} href={part.href} {...(isHere(part.href) ? {} : elsewhere)}>
            {part.text}
          </a>
        ),
      )}
    </>
  );
}

function isHere(href: string): boolean {
  return new URL(href).origin === location.origin;
}
