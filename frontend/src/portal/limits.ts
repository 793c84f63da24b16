/** As the server has them. */
export const longestPassword = 256;
export const longestEmail = 254;
