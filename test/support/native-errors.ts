import { types } from 'node:util';

/*
 * Jest runs tests in a realm of their own, where the errors of Node's network code are not `instanceof Error`.
 * The AWS SDK asks exactly that and would lose their codes, in tests only. Subclasses keep the ordinary rule.
 */
const ordinary = Function.prototype[Symbol.hasInstance];
Object.defineProperty(Error, Symbol.hasInstance, {
  configurable: true,
  value(this: unknown, value: unknown): boolean {
    return (this === Error && types.isNativeError(value)) || ordinary.call(this as () => void, value);
  },
});
