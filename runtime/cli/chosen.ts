import type { Outcome } from '../commands/outcome';
import type { ActionContext } from './action-context';
import type * as actions from './actions';

/** What commands do. */
export type Actions = typeof actions & {
  readonly demoAction: (context: ActionContext, options: { keep?: boolean }) => Promise<Outcome>;
};

/** An action that was chosen on the command line, ready to be run. */
export interface Chosen {
  readonly json: boolean;
  readonly quiet: boolean;
  /** @param actions what is loaded only when a command is run: help needs none of it */
  readonly run: (context: ActionContext, actions: Actions) => Promise<Outcome>;
}
