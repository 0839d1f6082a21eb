import { ANCHOR_SCENARIOS } from './anchor-scenarios';
import { testScenarios } from './scenario';

testScenarios(ANCHOR_SCENARIOS);
