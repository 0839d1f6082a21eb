import { isChainId } from '../../../runtime/contract/chain-id';
import { anchorStack, synthesise } from '../../support/infra-stack';

/** The condition of the variable, as Terraform evaluates it. */
const CONDITION =
  /^\$\{can\(regex\("(.+)", var\.chain_id\)\) && !anytrue\(\[for part in split\("\/", var\.chain_id\) : contains\(\["\.", "\.\."\], part\)\]\)\}$/;

function condition(): (id: string) => boolean {
  const { validation } = synthesise(anchorStack()).variable?.chain_id ?? {};
  const [first] = validation as { condition: string }[];
  const pattern = CONDITION.exec(first?.condition ?? '')?.[1];
  if (pattern === undefined) throw new Error(`the test does not know ${first?.condition}`);
  return (id) => new RegExp(pattern).test(id) && !id.split('/').some((part) => ['.', '..'].includes(part));
}

test('the Terraform variable takes the chain ids that the program takes', () => {
  const allows = condition();
  const ids = [
    ...[
      'production',
      'a',
      'prod/eu',
      'A.b_c-1/2',
      '...',
      'a..b',
      '.hidden',
      '-',
      'a_',
      'prod/_x',
      'prod/_leaves/a',
    ],
    ...['', '/', 'a/', '/a', 'a//b', '.', '..', 'a/../b', 'a/./b', 'a*', 'a?', 'a b', 'ä', 'a\n'],
    ...['_', '__', '_x', '_x/prod', '_leaves/prod', '_declarations/prod'],
  ];
  expect(ids.filter(allows)).toEqual(ids.filter(isChainId));
  expect(ids.filter(allows)).toHaveLength(11);
});
