// Money in cents, as people read it.
export const money = (cents) => `${(cents / 100).toFixed(2)} $`;
