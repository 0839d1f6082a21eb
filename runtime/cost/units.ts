/** A year without its leap day, as AWS's own calculator has it. */
export const DAYS_PER_YEAR = 365;
export const HOURS_PER_YEAR = 24 * DAYS_PER_YEAR;
export const MONTHS = 12;
/** AWS bills binary gigabytes. */
export const BYTES_PER_GB = 2 ** 30;
