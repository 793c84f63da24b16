export type FoundKind = 'message' | 'issue' | 'task' | 'file';

/** A stretch of a text: what was looked for, or what stands around it. */
export interface Segment {
  text: string;
  is_match: boolean;
}

/** One thing that was found, as the API sends it. Times are ISO 8601 in UTC. */
export interface Found {
  kind: FoundKind;
  id: string;
  room_id: string | null;
  client: { id: string; display_name: string } | null;
  /** Of a message it is who wrote it. */
  title: string;
  /** The same, with what matches in it. */
  title_segments: Segment[];
  /** Around the first match, else how the text begins; empty where there is none. */
  snippet: Segment[];
  author: { id: string; display_name: string } | null;
  at: string;
  route_path: string;
}
