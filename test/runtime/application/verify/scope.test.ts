import { SCOPE_SCENARIOS } from './scope-scenarios';
import { testScenarios } from './scenario';

testScenarios(SCOPE_SCENARIOS);
