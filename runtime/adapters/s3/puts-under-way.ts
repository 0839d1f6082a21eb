/** Keys of the objects that are being written: of all stores, since what ends the process ends them all. */
export const putsUnderWay = new Set<string>();
