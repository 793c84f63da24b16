import { useMemo } from 'preact/hooks';
import { partsOf } from '../chat/links.ts';

/** What a person wrote: as plain text, with its addresses as links. */
export function PlainText({ of: text }: { of: string }) {
  const parts = useMemo(() => partsOf(text), [text]);
  return (
    <>
      {parts.map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </>
  );
}
