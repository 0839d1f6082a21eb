import { randomUUID } from 'node:crypto';
import type { MotoApi } from '../terraform/moto-api';

/** Parts of an ARN before the name of a secret is complete. */
const ARN_PARTS = 7;

/** Secrets Manager, as a platform team fills it and as ECS reads it. */
export class Secrets {
  constructor(private readonly api: MotoApi) {}

  /** @returns the ARN, with the six characters that Secrets Manager adds to the name */
  async create(Name: string, SecretString: string): Promise<string> {
    const { ARN } = await this.ask<{ ARN: string }>('CreateSecret', {
      Name,
      SecretString,
      ClientRequestToken: randomUUID(),
    });
    return ARN;
  }

  /** Makes another value the current one. Tasks that run keep the old one until they are replaced. */
  async replace(SecretId: string, SecretString: string): Promise<void> {
    await this.ask('PutSecretValue', { SecretId, SecretString, ClientRequestToken: randomUUID() });
  }

  /**
   * What ECS puts into the variable: the secret, or the member of a JSON secret that the reference names.
   *
   * @param valueFrom `ARN`, or `ARN:JSON_KEY:VERSION_STAGE:VERSION_ID` with empty parts for what is not chosen
   */
  async resolve(valueFrom: string): Promise<string> {
    const parts = valueFrom.split(':');
    const [jsonKey = '', VersionStage = '', VersionId = '', ...more] = parts.slice(ARN_PARTS);
    if (parts.length < ARN_PARTS || more.length > 0)
      throw new Error(`${valueFrom} is no reference to a secret`);
    const { SecretString } = await this.ask<{ SecretString: string }>('GetSecretValue', {
      SecretId: parts.slice(0, ARN_PARTS).join(':'),
      ...(VersionStage !== '' && { VersionStage }),
      ...(VersionId !== '' && { VersionId }),
    });
    if (jsonKey === '') return SecretString;
    const member = (JSON.parse(SecretString) as Record<string, unknown>)[jsonKey];
    if (typeof member !== 'string') throw new Error(`the secret of ${valueFrom} has no text "${jsonKey}"`);
    return member;
  }

  private ask<T>(operation: string, input: object): Promise<T> {
    return this.api.json<T>('secretsmanager', `secretsmanager.${operation}`, input);
  }
}
