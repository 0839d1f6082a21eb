import { ANCHOR_CHAIN_SCENARIOS } from './anchor-chain-scenarios';
import { testScenarios } from './scenario';

testScenarios(ANCHOR_CHAIN_SCENARIOS);
