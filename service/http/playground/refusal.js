/** What cannot be read, in words for the person who sent it. */
export class Refusal extends Error {}
