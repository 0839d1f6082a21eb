import type { Anchor } from '../../../../runtime/domain/anchor/anchor';
import { anchorKey } from '../../../../runtime/domain/anchor/object-key';
import { CHAIN_ID } from '../../../support/embedded';
import type { Entry, Scene } from '../../../support/scene';
import { seconds } from '../../../support/scene';
import { objectPlace } from './scenario';

/** A hash nothing has. */
export const NOBODY = 'ab'.repeat(32);

/** Changes one anchor of a bucket, by its number; null leaves it out. */
export function only(seq: number, changes: (anchor: Anchor) => Partial<Entry> | null) {
  return (anchor: Anchor): Partial<Entry> | null => (anchor.anchor_seq === seq ? changes(anchor) : {});
}

/** The anchor that lies under the key of this time. */
export function placed(ts: string): (scene: Scene) => ReturnType<typeof objectPlace> {
  return (scene) => objectPlace(scene, anchorKey(CHAIN_ID, seconds(ts)));
}
