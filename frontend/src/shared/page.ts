/** One page of a list, as the API sends it. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
