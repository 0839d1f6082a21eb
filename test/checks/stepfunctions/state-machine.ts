import { setTimeout as sleep } from 'node:timers/promises';
import { MotoApi } from '../terraform/moto-api';

const TARGET = 'AWSStepFunctions.';
const DEADLINE_MS = 180_000;
const POLL_MS = 100;
const ROLE = 'arn:aws:iam::123456789012:role/state-machine';

/** How an execution ended, and the states that it went through. */
export interface Executed {
  readonly status: string;
  readonly error: string | null;
  readonly cause: string | null;
  /** Of the machine itself; the children of a Map are not among them. */
  readonly entered: readonly string[];
}

/** State machines of a moto that has nothing else to do, and interprets them. */
export class StateMachines {
  private readonly api: MotoApi;

  constructor(private readonly endpoint: string) {
    this.api = new MotoApi(endpoint);
  }

  /** Runs one execution to its end. moto can run no second one, so it is made to forget what was before. */
  async execute(name: string, definition: object): Promise<Executed> {
    await this.tell('reset');
    await this.tell('config', { stepfunctions: { execute_state_machine: true } });
    const { stateMachineArn } = await this.call<{ stateMachineArn: string }>('CreateStateMachine', {
      name,
      definition: textOf(definition),
      roleArn: ROLE,
    });
    const started = { stateMachineArn, name, input: '{}' };
    const { executionArn } = await this.call<{ executionArn: string }>('StartExecution', started);
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const { status, error, cause } = await this.call<{ status: string; error?: string; cause?: string }>(
        'DescribeExecution',
        { executionArn },
      );
      if (status !== 'RUNNING') {
        const entered = await this.entered(executionArn);
        return { status, error: error ?? null, cause: cause ?? null, entered };
      }
      if (Date.now() > deadline) throw new Error(`the execution ${name} did not end in ${DEADLINE_MS} ms`);
      await sleep(POLL_MS);
    }
  }

  private async entered(executionArn: string): Promise<string[]> {
    const { events } = await this.call<{
      events: readonly { readonly stateEnteredEventDetails?: { readonly name: string } }[];
    }>('GetExecutionHistory', { executionArn, maxResults: 1_000 });
    return events.flatMap(({ stateEnteredEventDetails: state }) => state?.name ?? []);
  }

  private async tell(what: string, settings: object = {}): Promise<void> {
    const url = new URL(`/moto-api/${what}`, this.endpoint);
    const headers = { 'content-type': 'application/json' };
    const { ok, status } = await fetch(url, { method: 'POST', body: JSON.stringify(settings), headers });
    if (!ok) throw new Error(`moto answers ${status} to ${url.pathname}`);
  }

  private call<T>(operation: string, input: object): Promise<T> {
    return this.api.json<T>('states', `${TARGET}${operation}`, input);
  }
}

/** moto reads a percentage only with its decimal point. */
function textOf(definition: object): string {
  return JSON.stringify(definition).replace(/("ToleratedFailurePercentage":\d+)\b/g, '$1.0');
}
