/** What cannot be read, in words for the person who sent it, and the columns of which another one may be chosen. */
export class Refusal extends Error {
  columns = [];
  column = "";
}
