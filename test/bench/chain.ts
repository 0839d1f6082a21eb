import { deriveChainKeys } from '../../runtime/domain/chain/chain-keys';
import { v1Layout } from '../../runtime/domain/chain/columns';

export const CHAIN_ID = 'bench';
export const KEY_ID = 'k1';
export const SECRET = Buffer.alloc(32, 7);
export const LAYOUT = v1Layout();
export const RING = { ids: [KEY_ID], secretFor: (id: string) => (id === KEY_ID ? SECRET : undefined) };
/** The key of the whole chain, for the variants that hash by other means. */
export const CHAIN_KEY = Buffer.from(deriveChainKeys(RING, CHAIN_ID, LAYOUT).keys[0] ?? []);

/** Length of a message on average, where nothing else is asked for. */
export const EVENT_BYTES = 315;
/** The same without any details, which make up the rest. */
export const BYTES_WITHOUT_DETAILS = 140;
