type Headers = Readonly<Record<string, string>>;

/** Version of each API that takes its parameters as a form. */
const QUERY_VERSIONS = { ec2: '2016-11-15', iam: '2010-05-08', sns: '2010-03-31' };

/** Calls the services of a running moto, which reads service, region and account out of the signature and verifies none. */
export class MotoApi {
  constructor(private readonly endpoint: string) {}

  /** An action of a service that takes a form and answers in XML. */
  form(
    service: keyof typeof QUERY_VERSIONS,
    action: string,
    parameters: Readonly<Record<string, string>>,
    region?: string,
  ): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: QUERY_VERSIONS[service], ...parameters });
    return this.send(service, '/', { method: 'POST', body }, region);
  }

  /**
   * An operation of a service that speaks JSON.
   *
   * @param target as in `X-Amz-Target`, such as `TrentService.GetKeyPolicy`
   */
  async json<T = Record<string, unknown>>(
    service: string,
    target: string,
    input: object,
    region?: string,
  ): Promise<T> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    const reply = await this.send(
      service,
      '/',
      { method: 'POST', body: JSON.stringify(input), headers },
      region,
    );
    return JSON.parse(reply) as T;
  }

  /** Something that a service with a REST API holds. */
  async get<T>(service: string, path: string): Promise<T> {
    return JSON.parse(await this.send(service, path, { method: 'GET' })) as T;
  }

  private async send(
    service: string,
    path: string,
    init: { readonly method: string; readonly body?: URLSearchParams | string; readonly headers?: Headers },
    region = 'us-east-1',
  ): Promise<string> {
    const scope = `check/20300101/${region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    const reply = await fetch(new URL(path, this.endpoint), {
      ...init,
      headers: { authorization, ...init.headers },
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${service} of moto answers ${reply.status}: ${text}`);
    return text;
  }
}
