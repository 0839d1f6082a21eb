import type { VerifierOptions } from '../../../../runtime/application/verifier';
import type { VerifyScope } from '../../../../runtime/application/verify/scope';
import type { FindingCode, Place } from '../../../../runtime/domain/findings/finding';
import { FINDINGS } from '../../../../runtime/domain/findings/finding';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import type { Verdict } from '../../../../runtime/domain/findings/verdict';
import { Scene } from '../../../support/scene';

/** An attack or a failure, and what verification has to make of it. */
export interface Scenario {
  readonly name: string;
  /** What happens to the honest scene; may give the verifier other parts. */
  readonly happens: (scene: Scene) => Promise<Partial<VerifierOptions> | void>;
  /** Default: full. */
  readonly scope?: VerifyScope;
  readonly verdict: Verdict;
  /** The finding that stands first. */
  readonly first: FindingCode;
  readonly place: Place | ((scene: Scene) => Promise<Place> | Place);
  /** Every other code of the report. */
  readonly also?: readonly FindingCode[];
  /** What else has to hold. */
  readonly check?: (report: VerificationReport, scene: Scene) => void;
}

export const DATABASE: Place = { kind: 'database' };

export function events(from: number, to = from): Place {
  return { kind: 'events', from, to };
}

/** The first version of the anchor with this number, or the one on top. */
export function anchorPlace(seq: number, which: 'first' | 'top' = 'first') {
  return async (scene: Scene): Promise<Place> => objectPlace(scene, scene.key(seq), which);
}

export async function objectPlace(
  scene: Scene,
  key: string,
  which: 'first' | 'top' = 'first',
): Promise<Place> {
  const versions = (await scene.embedded.versions(key)).filter((version) => version.key === key);
  const found = which === 'top' ? versions.find(({ isLatest }) => isLatest) : versions.pop();
  if (!found) throw new Error(`there is no version of ${key}`);
  return { kind: 'object', key, versionId: found.versionId };
}

/** Codes a list of scenarios produces. */
export function codesOf(scenarios: readonly Scenario[]): Set<FindingCode> {
  return new Set(scenarios.flatMap(({ first, also = [] }) => [first, ...also]));
}

/** One test for each scenario, all on one scene. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterEach(() => scene.restore());
  afterAll(() => scene?.stop());

  test.each(scenarios)('$name', async ({ happens, scope, verdict, first, place, also = [], check }) => {
    const options = (await happens(scene)) ?? {};
    const report = await scene.verify(scope, options);
    const found = report.findings.map(({ code }) => code);
    expect(new Set(found)).toEqual(new Set([first, ...also]));
    expect(report.findings[0]).toMatchObject({
      code: first,
      severity: FINDINGS[first],
      place: typeof place === 'function' ? await place(scene) : place,
    });
    expect(report.findings[0]?.explainedBy).toBeUndefined();
    expect(report.verdict).toBe(verdict);
    check?.(report, scene);
  });
}
