import { tokenize } from 'linkifyjs';

/** Plain text, or a link when there is an address to go to. */
export interface Part {
  text: string;
  href: string | null;
}

const schemes = ['http:', 'https:', 'mailto:'];

/** A message's text cut into plain parts and links; put together again, the parts are the text. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (const token of tokenize(text)) {
    const value = token.toString();
    const href = token.isLink ? safe(token.toHref('https')) : null;
    const last = parts.at(-1);
    if (href === null && last?.href === null) last.text += value;
    else parts.push({ text: value, href });
  }
  return parts;
}

function safe(href: string): string | null {
  if (!URL.canParse(href)) return null;
  return schemes.includes(new URL(href).protocol) ? href : null;
}
