/** "1 view", "3 views" */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
